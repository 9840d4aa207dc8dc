/**
 * What a kind of rule of the environment is: its keys, and how it is checked, in one object. Implemented by the files of this folder,
 * listed in registry.ts; coordinator/environment shows it the surroundings. Invariant: it changes nothing of what it looks at.
 */
import * as z from "zod";
import { about, byDefault, durationUpTo, label, once } from "../../shape/fields.ts";
import { implied } from "../../shape/marks.ts";
import type { OutsideRequest, OutsideResult } from "../faults/outside/outside.ts";

interface Act {
  readonly kind: string;
}

export interface RuleKind<A extends Act = Act, Shape extends z.ZodType = z.ZodType> {
  /** Also the key that implies it. */
  readonly kind: A["kind"];
  /** The line of docs/checkpoints.md. */
  readonly doc: string;
  /** As its author writes it. */
  readonly example: Readonly<Record<string, unknown>>;
  readonly shape: () => Shape;
  strict(value: z.output<Shape>): A;
  /** The keys that only this kind has. */
  written(act: A): Readonly<Record<string, unknown>>;
  /** As it may lie on disk: without values that commonly are secrets. */
  redacted(act: A): A;
  /** What it asks, in a few words. */
  title(act: A): string;
  /** Never rejects; what it awaits is over at the time limit. */
  check(act: A, surroundings: Surroundings): Promise<OutsideResult>;
}

/** What rules look at. Implemented by coordinator/environment. */
export interface Surroundings {
  /** Asks another service. */
  ask(request: OutsideRequest): Promise<Answer | { readonly failed: string }>;
  /** Of the coordinator. */
  readonly host: HostFacts;
  /** Those that are to run the load, or ran it. */
  readonly workers: readonly WorkerFacts[];
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  /** It came to its end, and was no longer than is read. */
  readonly isWhole: boolean;
}

interface Versions {
  readonly onrush: string;
  /** As 22.3.1. */
  readonly node: string;
}

export interface HostFacts extends Versions {
  /** Where the run directory lies. */
  readonly freeBytes: number;
}

export interface WorkerFacts extends Versions {
  readonly id: string;
  readonly openFiles: number;
  /** Local ports its machine gives to connections towards one address. */
  readonly ports: number;
  /** How far its clock may be off that of the bus; null: it has not said. */
  readonly clockErrorUs: number | null;
}

/** Infers the types of a kind. */
export function ruleKind<A extends Act, Shape extends z.ZodType>(
  one: RuleKind<A, Shape>,
): RuleKind<A, Shape> {
  return { ...one, shape: once(one.shape) };
}

const SEVERITIES = ["error", "warning"] as const;

/** The keys of every rule. */
export function base<N extends string>(kind: N, description: string) {
  return {
    kind: about(implied(z.literal(kind)), description, kind),
    name: about(
      label().optional(),
      "Name in reports, unique in the list. Default: what it asks.",
      "chat is up",
    ),
    severity: byDefault(
      z.enum(SEVERITIES),
      "error",
      "What it is that it does not hold. Before the load an error keeps the run from starting, after it the run fails; a warning is said.",
      "warning",
    ),
    timeout: byDefault(
      durationUpTo("1m"),
      "5s",
      "What is not known by then does not hold; 1m at most.",
      "10s",
    ),
  };
}

/** Keys of every rule, parsed. */
export interface RuleKeys {
  readonly kind: string;
  readonly name?: string | undefined;
  readonly severity: (typeof SEVERITIES)[number];
  readonly timeout: number;
}

export function holds(outcome: string): Promise<OutsideResult> {
  return Promise.resolve({ ok: true, outcome });
}

export function doesNotHold(outcome: string): Promise<OutsideResult> {
  return Promise.resolve({ ok: false, outcome });
}

/** Of all workers the one with the least of something; null: there is none. */
export function leastOf(
  workers: readonly WorkerFacts[],
  of: (worker: WorkerFacts) => number,
): { readonly id: string; readonly value: number } | null {
  let least: { readonly id: string; readonly value: number } | null = null;
  for (const worker of workers) {
    if (least === null || of(worker) < least.value) least = { id: worker.id, value: of(worker) };
  }
  return least;
}

/** No worker could be asked. */
export const NOBODY = "there is no worker to ask";
