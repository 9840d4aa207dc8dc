/**
 * Lists of steps: their shape, their strict form and the way back, made of the kinds in registry.ts. Called by flow.ts.
 * Invariant: a step has exactly one kind, and a name: its own, or that of its place, as open#2, open#2.1 for one inside of it.
 */
import * as z from "zod";
import type { Path } from "../../issue.ts";
import { about, exactlyOne, once, strict, tagged } from "../../shape/fields.ts";
import { isMapping } from "../../shape/words.ts";
import type { StrictStep } from "../../strict-conversation.ts";
import type { Scene } from "../section.ts";
import { STEPS } from "./registry.ts";
import { type AnyStep, type FlowList, LISTS, type StepKind, type StepPlace } from "./step.ts";

/** Steps of one list. */
const MAX_STEPS = 200;
/** repeat and choose inside one another. */
export const MAX_NESTING = 8;

const KINDS: readonly StepKind[] = STEPS;

/** A step as its author writes it. */
export type StepInput =
  | "ping"
  | {
      readonly [K in (typeof STEPS)[number] as K["key"]]?: z.input<ReturnType<K["shape"]>>;
    };

/** One shape for all lists; where steps are inside of steps it refers to itself. */
export const steps: () => z.ZodType<unknown, readonly StepInput[]> = once(() => {
  const named = tagged(z.lazy(step), { id: "step" });
  const list = z.array(named).check(z.maxLength(MAX_STEPS));
  return list as unknown as z.ZodType<unknown, readonly StepInput[]>;
});

function step() {
  const shapes = Object.fromEntries(
    KINDS.map(({ key, shape, doc, example }) => [
      key,
      about(shape(() => z.lazy(steps) as never).optional(), doc, example),
    ]),
  );
  const keys = KINDS.map(({ key }) => key);
  const mapping = strict(shapes).superRefine(exactlyOne(keys, "a step"));
  const bare = z.literal("ping").transform(() => ({ ping: mapping.shape["ping"]?.parse({}) }));
  return z.union([mapping, bare]);
}

export interface StepsPlace {
  readonly list: FlowList;
  readonly path: Path;
  /** Of the names of steps that have none. */
  readonly prefix: string;
  readonly scene: Scene;
}

/** Steps without an issue. */
export function strictSteps(value: unknown, place: StepsPlace, nesting = 0): StrictStep[] {
  const { list: within, path, prefix, scene } = place;
  const { log } = scene;
  if (nesting > MAX_NESTING) {
    log.add(path, `steps are nested deeper than ${MAX_NESTING} levels`, "");
    return [];
  }
  const known: StrictStep[] = [];
  for (const [index, written] of Array.isArray(value) ? value.entries() : []) {
    if (!log.isSound([...path, index]) || !isMapping(written)) continue;
    const kind = KINDS.find(({ key }) => written[key] !== undefined);
    if (kind === undefined) continue;
    const at = [...path, index, kind.key];
    if (!kind.lists.includes(within)) {
      const where = LISTS.filter((one) => kind.lists.includes(one)).join(", ");
      log.add(at, `no ${kind.key} in ${within}`, `it may stand in ${where}`, { part: "key" });
      continue;
    }
    const separator = nesting === 0 ? "#" : ".";
    const stepPlace: StepPlace = {
      ...{ list: within, path: at, name: `${prefix}${separator}${index + 1}`, scene },
      inner: (inside, insidePath, insidePrefix) =>
        strictSteps(inside, { ...place, path: insidePath, prefix: insidePrefix }, nesting + 1),
    };
    const step = kind.strict(written[kind.key], stepPlace);
    if (step !== null) known.push(step);
  }
  return known;
}

export function writtenSteps(list: readonly StrictStep[]): StepInput[] {
  return list.map((step) => {
    for (const { key, written } of KINDS) {
      const under = written(step, (inner) => writtenSteps(inner) as AnyStep[]);
      if (under !== undefined) return { [key]: under } as StepInput;
    }
    throw new Error(`no step is written as ${step.kind}`);
  });
}

/** Whether each way through the steps takes time: one that does not would go round as fast as the machine can. */
export function takesTime(list: readonly StrictStep[]): boolean {
  return list.some((step) => {
    switch (step.kind) {
      case "send":
        return step.reply.match !== "none";
      case "repeat":
        return takesTime(step.steps);
      case "choose":
        return step.branches.every((branch) => takesTime(branch.steps));
      case "mark":
        return false;
      default:
        return true;
    }
  });
}

/** The names of the steps that have one, in the order of the flow, those inside of others as well. */
export function stepNames(list: readonly StrictStep[]): string[] {
  return list.flatMap((step) => {
    if (step.kind === "repeat") return stepNames(step.steps);
    if (step.kind === "choose") return step.branches.flatMap((branch) => stepNames(branch.steps));
    return "name" in step ? [step.name] : [];
  });
}
