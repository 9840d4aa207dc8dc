/**
 * What a kind of action of a checkpoint is: its key, and what it has done, in one object. Implemented by the files of this folder,
 * listed in registry.ts; coordinator/checkpoints gives it its hands. Invariant: it is begun once a run.
 */
import type * as z from "zod";
import type { Path } from "../../issue.ts";
import { once } from "../../shape/fields.ts";
import type { OutsideRequest, OutsideResult } from "../faults/outside/outside.ts";

interface Act {
  readonly kind: string;
}

/** Where an action stands. */
export interface ActionPlace {
  /** Of what is written under its key. */
  readonly path: Path;
  /** Whether this is a fault that can be asked for when the checkpoint is reached; what is wrong is logged. */
  isFault(given: Readonly<Record<string, unknown>>, path: Path): boolean;
}

export interface ActionKind<A extends Act = Act, Shape extends z.ZodType = z.ZodType> {
  /** The key it is written with. */
  readonly kind: A["kind"];
  /** The line of docs/checkpoints.md. */
  readonly doc: string;
  /** An item of `do`. */
  readonly example: unknown;
  /** What may be written under the key, where the example is the key alone. */
  readonly exampleValue?: z.input<Shape>;
  /** What its key alone, without a value, stands for; absent: it needs one. */
  readonly alone?: z.output<Shape>;
  /** What is written under the key. */
  readonly shape: () => Shape;
  /** null: it has an issue (logged). */
  strict(value: z.output<Shape>, place: ActionPlace): A | null;
  written(act: A): unknown;
  /** As it may lie on disk: without values that commonly are secrets. */
  redacted(act: A): A;
  /** To begin it again is as to begin it once: a coordinator that starts again does, where nobody has said what came of it. */
  readonly isIdempotent: boolean;
  /** Never rejects for what others do. */
  perform(act: A, hands: ActionHands): Promise<OutsideResult>;
}

/** What an action can have done. Implemented by coordinator/checkpoints. */
export interface ActionHands {
  readonly reached: ReachedCheckpoint;
  /** Ends the run: no new load, replies awaited. */
  endRun(reason: string): Promise<OutsideResult>;
  /** @param text the fault, JSON */
  startFault(text: string): Promise<OutsideResult>;
  request(request: OutsideRequest, limitUs: number): Promise<OutsideResult>;
  /** Has the phase that goes on last so much longer; null: end as soon as it can. */
  stretchPhase(byUs: number | null): OutsideResult;
}

/** What others are told of it. */
export interface ReachedCheckpoint {
  readonly run: string;
  readonly scenario: string;
  readonly checkpoint: string;
  readonly when: string | null;
  /** Seconds of run time. */
  readonly at: number;
  /** Statistics that the condition reads, as `connect.failed`; null: not measured. */
  readonly observed: Readonly<Record<string, number | null>>;
}

/** Infers the types of a kind. */
export function actionKind<A extends Act, Shape extends z.ZodType>(
  one: ActionKind<A, Shape>,
): ActionKind<A, Shape> {
  return { ...one, shape: once(one.shape) };
}
