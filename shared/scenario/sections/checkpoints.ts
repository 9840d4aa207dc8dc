/**
 * `checkpoints`: what is to be done when a condition holds while the run goes on. Listed in registry.ts, after the sections it looks at;
 * the kinds of actions are in checkpoints/. Invariant: a condition is over what this scenario measures, and a checkpoint lies in the
 * run.
 */
import type * as z from "zod";
import { measuredBy } from "../check/measured.ts";
import { compileMeasured } from "../expression/measured-expression.ts";
import type { Path } from "../issue.ts";
import { measuredCondition } from "../shape/expressions.ts";
import {
  about,
  byDefault,
  durationUpTo,
  fault,
  isLabel,
  label,
  list,
  strict,
  text,
} from "../shape/fields.ts";
import type { StrictCheckpoint } from "../strict-beside.ts";
import { formatDuration } from "../units.ts";
import { actions, strictActions, writtenActions } from "./checkpoints/actions.ts";
import { anchorOf, unusedName, writtenAnchor } from "./faults/anchor.ts";
import { checkNames, type Scene, section, soundItems, writtenNames } from "./section.ts";
import { checkMeasured } from "./thresholds.ts";

const MAX_CHECKPOINTS = 20;
const START = { phase: 0, offsetUs: 0 };

function checkpointShape() {
  return strict({
    name: about(label().optional(), "Name in reports, unique in the file.", "too many failures"),
    at: about(
      text(100).optional(),
      "It is looked at from then on: PHASE, or PHASE+OFFSET. Default: the start of the run. Without `when` it is reached then.",
      "steady+30s",
    ),
    when: about(
      measuredCondition().optional(),
      "CEL over measures of the run, named as in thresholds: shares from 0 to 1, times in milliseconds.",
      "connect.failed > 0.05",
      "latency.p99 > 250.0 && connections.open > 1000.0",
    ),
    window: byDefault(
      durationUpTo("5m"),
      "10s",
      "Measures are of the last so much run time; 5m at most.",
      "30s",
    ),
    for: about(
      durationUpTo("1h").optional(),
      "How long the condition has to hold. Default: once.",
      "10s",
    ),
    do: about(actions(), "What is done when it is reached, once a run.", ["mark", "abort"]),
  }).superRefine(({ at, when, for: holds }, context) => {
    if (at === undefined && when === undefined) {
      fault(context, ["a checkpoint needs when or at", "such as when: connect.failed > 0.05"]);
    }
    if (holds !== undefined && when === undefined) {
      fault(context, ["for has no meaning without when", "remove it"], { path: ["for"] });
    }
  });
}

type Written = z.output<ReturnType<typeof checkpointShape>>;

export const checkpoints = section({
  key: "checkpoints",
  shape: () =>
    about(
      list(checkpointShape, 0, MAX_CHECKPOINTS).optional(),
      "What is to be done when a condition holds while the run goes on; see docs/checkpoints.md.",
      [{ when: "connect.failed > 0.05", for: "10s", do: ["mark", "abort"] }],
    ),
  strict: (value, scene) => {
    const { log, given } = scene;
    checkNames(
      given["checkpoints"],
      { path: ["checkpoints"], key: "name", kind: "checkpoint" },
      log,
    );
    const names = writtenNames(given["checkpoints"], "name").map((name) => ({ name }));
    const known: StrictCheckpoint[] = [];
    for (const [index, one] of soundItems(value, ["checkpoints"], log)) {
      const strictOne = strictCheckpoint(one, index, scene, { names, known });
      if (strictOne !== null) known.push(strictOne);
    }
    return known.length === 0 ? {} : { checkpoints: known };
  },
  written: ({ checkpoints: known, phases }) =>
    known?.map(({ name, when, windowUs, forUs, actions: acts, ...anchor }, index) => ({
      ...(isLabel(name) && name !== usualName(index) && { name }),
      ...((when === null || anchor.phase + anchor.offsetUs > 0) && {
        at: writtenAnchor(anchor, phases),
      }),
      ...(when !== null && { when }),
      window: formatDuration(windowUs),
      ...(forUs > 0 && { for: formatDuration(forUs) }),
      do: writtenActions(acts),
    })),
});

function usualName(index: number): string {
  return `checkpoint ${index + 1}`;
}

/** @param others names they have; known: those before it */
function strictCheckpoint(
  one: Written,
  index: number,
  scene: Scene,
  others: {
    readonly names: readonly { readonly name: string }[];
    readonly known: readonly StrictCheckpoint[];
  },
): StrictCheckpoint | null {
  const { name, at, window: windowUs, for: forUs = 0, do: acts } = one;
  const when = one.when ?? null;
  const { log, scope } = scene;
  const path = ["checkpoints", index];
  // Where phases have issues, nothing can be said of what is anchored to them.
  if (!log.isSound(["load"])) return null;
  const { phases } = scope;
  const anchor = at === undefined ? START : anchorOf(at, [...path, "at"], { phases, log });
  const before = others.known.flatMap(({ actions: known }) => known);
  const strictOnes = strictActions(acts, [...path, "do"], scene, before);
  if (when !== null && log.isSound(path)) checkReads(when, [...path, "when"], scene);
  if (anchor === null || !log.isSound(path)) return null;
  const own = name ?? unusedName(usualName(index), others.names);
  return { name: own, ...anchor, when, windowUs, forUs, actions: strictOnes };
}

/** What is never measured here would never be reached. */
function checkReads(when: string, path: Path, scene: Scene): void {
  const measured = measuredBy(scene);
  for (const { measure } of compileMeasured(when).reads) {
    if (!scene.log.isSound(path)) return;
    const selector = { phase: null, name: null, target: null };
    checkMeasured({ measure, selector }, path, { measured, log: scene.log });
  }
}
