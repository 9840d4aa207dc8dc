/**
 * The part of summary.json about what the coordinator did beside the load. Pure; used by summary.ts. Invariant: in the order of the
 * scenario; a scenario without anything of the kind has none of the keys.
 */
import type { StrictEnvironmentRule } from "../../shared/scenario/strict-beside.ts";
import type { Told, ToldCheckpoint } from "../merge/beside-log.ts";
import type { RunFold } from "../merge/run-fold.ts";
import { toMs } from "./quantiles.ts";
import type { Summary } from "./summary-schema.ts";

type Beside = Pick<Summary, "checkpoints" | "environment" | "cleanup">;

export function besideSection({ facts, beside }: RunFold): Beside {
  const { checkpoints, environment, cleanup } = facts.scenario;
  return {
    ...(checkpoints && {
      checkpoints: checkpoints.map(({ name, when, actions }, at) => ({
        ...{ name, when },
        ...reached(beside.checkpoints.get(at), actions),
      })),
    }),
    ...(environment && {
      environment: {
        before: rules(environment.before, beside.rules.before),
        after: rules(environment.after, beside.rules.after),
      },
    }),
    ...(cleanup && {
      cleanup: cleanup.map(({ name, act }, at) => {
        const { beganMs = null, ended = null } = beside.cleanup.get(at) ?? {};
        const tookMs =
          beganMs === null || ended === null ? null : Math.max(0, ended.atMs - beganMs);
        return { name, kind: act.kind, tookMs, ...said(ended ?? undefined) };
      }),
    }),
  };
}

function reached(told: ToldCheckpoint | undefined, actions: readonly { readonly kind: string }[]) {
  if (told === undefined) return { at: null, observed: {}, actions: [] };
  return {
    at: told.atUs === null ? null : toMs(told.atUs),
    observed: { ...told.observed },
    actions: actions.map(({ kind }, at) => ({ kind, ...said(told.actions.get(at)) })),
  };
}

function rules(list: readonly StrictEnvironmentRule[], told: ReadonlyMap<number, Told>) {
  return list.map(({ name, severity, act }, at) => {
    return { name, kind: act.kind, severity, ...said(told.get(at)) };
  });
}

function said(told: Told | undefined) {
  return { ok: told?.ok ?? null, outcome: told?.outcome ?? null };
}
