/**
 * `do` of a checkpoint: the shape of its list of actions, their strict form and the way back, made of the kinds in registry.ts. Called
 * by ../checkpoints.ts. Invariant: an action has exactly one kind.
 */
import * as z from "zod";
import type { Path } from "../../issue.ts";
import { readShape } from "../../read/read-shape.ts";
import { addShapeIssues } from "../../read/shape-issues.ts";
import { about, exactlyOne, list, once, strict } from "../../shape/fields.ts";
import { isMapping } from "../../shape/words.ts";
import { faultShape } from "../faults.ts";
import type { Scene } from "../section.ts";
import type { ActionKind, ActionPlace } from "./action.ts";
import { ACTION_KINDS, actionKindOf, type CheckpointAct } from "./registry.ts";

const MAX_ACTIONS = 8;

const KINDS = ACTION_KINDS as unknown as readonly ActionKind<CheckpointAct>[];
const ALONE = KINDS.filter(({ alone }) => alone !== undefined).map(({ kind }) => kind);

/** An action as its author writes it. */
export type ActionInput =
  | "abort"
  | "mark"
  | "skip"
  | {
      readonly [K in (typeof ACTION_KINDS)[number] as K["kind"]]?: z.input<ReturnType<K["shape"]>>;
    };

export const actions: () => z.ZodType<unknown, readonly ActionInput[]> = once(() => {
  const shapes = Object.fromEntries(
    KINDS.map(({ kind, shape, doc, example }) => {
      const value = isMapping(example)
        ? example[kind]
        : kind === "skip"
          ? true
          : "the target is down";
      return [kind, about(shape().optional(), doc, value)];
    }),
  );
  const mapping = strict(shapes).superRefine(exactlyOne(Object.keys(shapes), "an action"));
  const action = z.union([z.enum(ALONE as [string]), mapping]);
  return list(action, 1, MAX_ACTIONS) as unknown as z.ZodType<unknown, readonly ActionInput[]>;
});

/** Actions without an issue. */
export function strictActions(value: unknown, path: Path, scene: Scene): CheckpointAct[] {
  const known: CheckpointAct[] = [];
  for (const [index, written] of Array.isArray(value) ? value.entries() : []) {
    if (!scene.log.isSound([...path, index])) continue;
    const key = isMapping(written)
      ? Object.keys(written).find((one) => written[one] !== undefined)
      : written;
    const kind = KINDS.find((one) => one.kind === key);
    if (kind === undefined) continue;
    const isFault: ActionPlace["isFault"] = (given, at) => isSoundFault(given, at, scene);
    const place = { path: [...path, index, kind.kind], isFault };
    const act = kind.strict(isMapping(written) ? written[kind.kind] : kind.alone, place);
    if (act !== null) known.push(act);
  }
  return known;
}

/** Its time is the moment at which the checkpoint is reached. */
function isSoundFault(
  given: Readonly<Record<string, unknown>>,
  path: Path,
  { log, scope, given: root }: Scene,
): boolean {
  if (Object.hasOwn(given, "at")) {
    const what = "it begins when the checkpoint is reached";
    log.add([...path, "at"], what, "remove it", { part: "key" });
    return false;
  }
  const { issues } = readShape(faultShape(), { ...given, at: scope.phases[0]?.phase ?? "" });
  addShapeIssues(issues, root, log, path);
  return issues.length === 0;
}

export function writtenActions(known: readonly CheckpointAct[]): ActionInput[] {
  return known.map((act) => actionKindOf(act.kind).written(act) as ActionInput);
}
