/**
 * What the coordinator does beside the load, as a run's journal tells of it: checkpoints, rules of the environment, clean-up. Part of
 * run-fold.ts. Invariant: it follows from the events alone, so a coordinator that starts again knows what was done. Bound: the parts of
 * the scenario.
 */
import type { BesideEvent, RunEvent } from "../store/event.ts";

export type RunBesideEvent = Extract<RunEvent, { type: BesideEvent["type"] }>;

const TYPES: ReadonlySet<string> = new Set<BesideEvent["type"]>([
  "checkpoint-reached",
  "checkpoint-acted",
  "environment-checked",
  "cleanup-began",
  "cleanup-ended",
]);

export function isBeside(event: RunEvent): event is RunBesideEvent {
  return TYPES.has(event.type);
}

export interface Told {
  readonly ok: boolean;
  readonly outcome: string;
}

export interface ToldCheckpoint {
  /** Run time at which it was reached. */
  readonly atUs: number | null;
  readonly observed: Readonly<Record<string, number | null>>;
  /** What came of its actions, by their places. */
  readonly actions: Map<number, Told>;
}

export interface ToldStep {
  /** Milliseconds since the Unix epoch; null: it never began. */
  beganMs: number | null;
  ended: (Told & { readonly atMs: number }) | null;
}

export class BesideLog {
  /** Each by its place in the scenario. */
  readonly checkpoints = new Map<number, ToldCheckpoint>();
  readonly rules = { before: new Map<number, Told>(), after: new Map<number, Told>() };
  readonly cleanup = new Map<number, ToldStep>();

  apply(event: RunBesideEvent): void {
    switch (event.type) {
      case "checkpoint-reached": {
        const { checkpoint, observed, elapsedUs: atUs } = event;
        this.checkpoints.set(checkpoint, { atUs, observed, actions: new Map() });
        return;
      }
      case "checkpoint-acted": {
        const { checkpoint, action, ok, outcome } = event;
        this.checkpoints.get(checkpoint)?.actions.set(action, { ok, outcome });
        return;
      }
      case "environment-checked": {
        const { when, rule, ok, outcome } = event;
        this.rules[when].set(rule, { ok, outcome });
        return;
      }
      case "cleanup-began":
        this.#step(event.step).beganMs = event.wallMs;
        return;
      case "cleanup-ended": {
        const { step, ok, outcome, wallMs: atMs } = event;
        this.#step(step).ended = { ok, outcome, atMs };
      }
    }
  }

  #step(step: number): ToldStep {
    const known = this.cleanup.get(step) ?? { beganMs: null, ended: null };
    this.cleanup.set(step, known);
    return known;
  }
}
