/**
 * What a kind of step is: all that the program knows of one thing a flow may do, in one object. Implemented by the files of this
 * folder, listed in registry.ts, walked by steps.ts. Invariant: nobody else knows a step by the key it is written with.
 */
import * as z from "zod";
import type { Path } from "../../issue.ts";
import { about, byDefault, label, once } from "../../shape/fields.ts";
import type { StepPolicy, StrictStep } from "../../strict-conversation.ts";
import type { Scene } from "../section.ts";

/** The lists of a flow. */
export const LISTS = ["before", "open", "loop", "close"] as const;
export type FlowList = (typeof LISTS)[number];

/** Where a step stands. */
export interface StepPlace {
  readonly list: FlowList;
  /** Of what is written under the key of its kind. */
  readonly path: Path;
  /** What it is called when it has no name of its own. */
  readonly name: string;
  readonly scene: Scene;
  /** The strict forms of steps inside of it. @param prefix of the names of those that have none */
  inner(steps: unknown, path: Path, prefix: string): StrictStep[];
}

/** A step with the key of its kind, as its author writes it; what is under the key is typed by the kind. */
export type AnyStep = Readonly<Record<string, unknown>> | "ping";

export interface StepKind<Key extends string = string, Shape extends z.ZodType = z.ZodType> {
  readonly key: Key;
  /** The line of the reference. */
  readonly doc: string;
  readonly example: unknown;
  /** Lists it may stand in. */
  readonly lists: readonly FlowList[];
  /** What is written under the key. @param steps shape of a list of steps */
  readonly shape: (steps: () => z.ZodType<unknown, readonly AnyStep[]>) => Shape;
  /** null: it has an issue (logged). */
  strict(value: z.output<Shape>, place: StepPlace): StrictStep | null;
  /** undefined: the step is of another kind. @param inner the way back of steps inside of it */
  written(
    step: StrictStep,
    inner: (steps: readonly StrictStep[]) => AnyStep[],
  ): z.input<Shape> | undefined;
}

/** Infers the types of a kind. */
export function stepKind<Key extends string, Shape extends z.ZodType>(
  one: StepKind<Key, Shape>,
): StepKind<Key, Shape> {
  return one;
}

/** Everywhere but ahead of the connection. */
export const CONNECTED: readonly FlowList[] = ["open", "loop", "close"];

const POLICIES = ["close", "skip", "restart"] as const satisfies readonly StepPolicy[];
const USUAL: Readonly<Record<FlowList, StepPolicy>> = {
  before: "close",
  open: "close",
  loop: "restart",
  close: "skip",
};

/** `name` of a step. */
export const stepName = once(() =>
  about(
    label().optional(),
    "Name of the step in reports, unique in the file. Default: its place, such as open#2.",
    "welcome",
  ),
);

/** A name as its author wrote it; that of a place is implied. */
export function writtenName(name: string): { name?: string } {
  return name.includes("#") ? {} : { name };
}

/** `onFail` of a step. */
export const onFail = once(() =>
  about(
    z.enum(POLICIES).optional(),
    "When it fails: close the connection, skip to the next step, or restart the list. Default: close in open, restart in loop, skip in close.",
    "skip",
  ),
);

export function policyOf(written: StepPolicy | undefined, list: FlowList): StepPolicy {
  return written ?? USUAL[list];
}

/** How often something is done or awaited. */
export function times(most: number, doc: string) {
  return byDefault(z.int().check(z.gte(1), z.lte(most)), 1, doc, 3);
}
