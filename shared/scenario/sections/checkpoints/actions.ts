/**
 * `do` of a checkpoint: the shape of its list of actions, their strict form and the way back, made of the kinds in registry.ts. Called
 * by ../checkpoints.ts. Invariant: an action has exactly one kind.
 */
import * as z from "zod";
import type { Path } from "../../issue.ts";
import { checkFaultToCome } from "../../live-fault.ts";
import { about, exactlyOne, list, once, strict } from "../../shape/fields.ts";
import { literals } from "../../shape/literal.ts";
import { isMapping } from "../../shape/words.ts";
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
    KINDS.map(({ kind, shape, doc, example, exampleValue }) => {
      const value = isMapping(example) ? example[kind] : exampleValue;
      return [kind, about(shape().optional(), doc, value)];
    }),
  );
  const mapping = strict(shapes).superRefine(exactlyOne(Object.keys(shapes), "an action"));
  const action = z.union([z.enum(ALONE as [string]), mapping]);
  return list(() => action, 1, MAX_ACTIONS) as unknown as z.ZodType<
    unknown,
    readonly ActionInput[]
  >;
});

/** Actions without an issue. @param before those of checkpoints before this one */
export function strictActions(
  value: unknown,
  path: Path,
  scene: Scene,
  before: readonly CheckpointAct[],
): CheckpointAct[] {
  const known: CheckpointAct[] = [];
  for (const [index, written] of Array.isArray(value) ? value.entries() : []) {
    if (!scene.log.isSound([...path, index])) continue;
    const key = isMapping(written)
      ? Object.keys(written).find((one) => written[one] !== undefined)
      : written;
    const kind = KINDS.find((one) => one.kind === key);
    if (kind === undefined) continue;
    const asked = [...before, ...known].flatMap(askedName);
    const isFault: ActionPlace["isFault"] = (given, at) =>
      checkFaultToCome(given, at, { ...scene, asked });
    const place = { path: [...path, index, kind.kind], isFault };
    const act = kind.strict(isMapping(written) ? written[kind.kind] : kind.alone, place);
    if (act !== null) known.push(act);
  }
  return known;
}

/** What the fault is to be called that an action begins. */
function askedName(act: CheckpointAct): { readonly name: string }[] {
  if (act.kind !== "fault") return [];
  const { name } = JSON.parse(act.text) as { readonly name?: string };
  return name === undefined ? [] : [{ name }];
}

export function writtenActions(known: readonly CheckpointAct[]): ActionInput[] {
  return known.map((act) => literals(actionKindOf(act.kind).written(act)) as ActionInput);
}
