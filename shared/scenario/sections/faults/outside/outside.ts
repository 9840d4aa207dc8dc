/**
 * What a kind of fault is that is done outside of the load: by the coordinator, at a time of the plan, to something that is not a
 * connection. Implemented by the files of this folder, listed in registry.ts; coordinator/outside gives it its hands.
 * Invariant: what it does is over at its time limit, or when it has lasted as long as it says.
 */
import * as z from "zod";
import { about, byDefault, duration, durationUpTo, label, once } from "../../../shape/fields.ts";
import { common } from "../fault.ts";
import type { WorkerAct } from "./worker-act.ts";

interface Act {
  readonly kind: string;
}

export interface OutsideKind<A extends Act = Act, Shape extends z.ZodType = z.ZodType> {
  readonly kind: A["kind"];
  /** What it is done to: something outside of Onrush, or its own workers. */
  readonly on: "others" | "workers";
  /** The line of docs/faults.md. */
  readonly doc: string;
  /** As its author writes it. */
  readonly example: Readonly<Record<string, unknown>>;
  readonly shape: () => Shape;
  strict(value: z.output<Shape>): A;
  /** The keys that only this kind has. */
  written(act: A): Readonly<Record<string, unknown>>;
  /** As it may lie on disk: without values that commonly are secrets. */
  redacted(act: A): A;
  /** Does it, once. Never rejects. */
  perform(act: A, hands: Hands): Promise<OutsideResult>;
  /** How long it goes on, where it does not just happen; microseconds. */
  lastsUs?(act: A): number;
}

/** What a kind can have done; requests and programs are over at the time limit. Implemented by coordinator/outside. */
export interface Hands {
  /** @param how isEnd: it ends what was begun, also when the run is over */
  request(request: OutsideRequest, how?: { readonly isEnd: boolean }): Promise<OutsideResult>;
  /** Until this time has passed, or the run is over. */
  wait(forUs: number): Promise<void>;
  execute(file: string, args: readonly string[]): Promise<OutsideResult>;
  /** Has workers do something to themselves. */
  order(act: WorkerAct): Promise<OutsideResult>;
}

export interface OutsideRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string | null;
  /** Statuses that mean that it was done; empty: 200 to 299. */
  readonly status: readonly number[];
}

export interface OutsideResult {
  readonly ok: boolean;
  /** One line for people; others may have written parts of it. */
  readonly outcome: string;
}

/** Infers the types of a kind. */
export function outsideKind<A extends Act, Shape extends z.ZodType>(
  one: OutsideKind<A, Shape>,
): OutsideKind<A, Shape> {
  return { ...one, shape: once(one.shape) };
}

/** The keys of every kind, and `kind`. */
export function base<N extends string>(kind: N, description: string) {
  const { at, every, times, name } = common();
  return {
    ...{ kind: about(z.literal(kind), description, kind), at, every, times, name },
    timeout: byDefault(duration(), "10s", "What is not over by then is ended.", "30s"),
  };
}

/** What one step of `cleanup` may take. */
const MAX_STEP = "5m";

/** The keys of every step of `cleanup`, and `kind`. */
export function stepBase<N extends string>(kind: N, description: string) {
  return {
    kind: about(z.literal(kind), description, kind),
    name: about(label().optional(), "Name in reports, unique in the list.", "reset rooms"),
    timeout: byDefault(
      durationUpTo(MAX_STEP),
      "10s",
      `What is not over by then is ended; ${MAX_STEP} at most.`,
      "30s",
    ),
  };
}

/** Keys of every kind, parsed. */
export interface OutsideKeys {
  readonly kind: string;
  readonly at: string;
  readonly every?: number | undefined;
  readonly times?: number | undefined;
  readonly name?: string | undefined;
  readonly timeout: number;
}
