/**
 * The part of summary.json about faults outside of the load. Pure; used by summary.ts. Invariant: one entry for each time that was told
 * of in the journal, in the order of the scenario.
 */
import { outsideTimes } from "../../shared/scenario/strict-outside.ts";
import type { RunFold } from "../merge/run-fold.ts";
import { toMs } from "./quantiles.ts";
import type { Summary } from "./summary-schema.ts";

export function outsideSection({ facts, outside }: RunFold): Summary["outside"] {
  return outsideTimes(facts.scenario).flatMap(({ position, id, atUs, outside: { act } }) => {
    const told = outside.told.get(position);
    if (told === undefined) return [];
    const { beganUs, ended } = told;
    const endUs = ended?.atUs ?? null;
    return [
      {
        ...{ id, kind: act.kind, at: toMs(atUs) },
        began: beganUs === null ? null : toMs(beganUs),
        tookMs: beganUs === null || endUs === null ? null : toMs(Math.max(0, endUs - beganUs)),
        ...{ ok: ended?.ok ?? null, outcome: ended?.outcome ?? null },
      },
    ];
  });
}
