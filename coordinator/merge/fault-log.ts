/**
 * The faults of a run as its journal tells of them: which were asked for while it went on, which have begun, and which are over. Part
 * of run-fold.ts. Invariant: it follows from the events alone, so a coordinator that starts again tells of none twice. Bound:
 * MAX_WINDOWS.
 */
import type { StrictFault } from "../../shared/scenario/strict-fault.ts";
import type { FaultChange, FaultEvent } from "../store/event.ts";
import type { RunFacts } from "./facts.ts";

export interface ToldFault {
  /** Run time at which it was to begin. */
  readonly atUs: number;
  /** Connections it was to hit by plan; null: how many of them that is depends on the workers. */
  readonly victims: number | null;
  isOver: boolean;
}

export class FaultLog {
  /** By the window's place among all windows. */
  readonly told = new Map<number, ToldFault>();
  /** Names of those that were asked for while the run went on. */
  readonly live = new Set<string>();
  /** Those of requests that may be repeated, by their keys. */
  readonly byKey = new Map<string, { readonly name: string; readonly content: string }>();
  /** All of the run as they are by now; empty: those of the plan, as they were planned. */
  changed: readonly StrictFault[] = [];

  apply(event: FaultEvent): void {
    const { window } = event;
    const known = this.told.get(window);
    if (event.type === "fault-ended") {
      if (known) known.isOver = true;
      return;
    }
    this.told.set(window, { atUs: event.atUs, victims: event.victims, isOver: false });
  }

  /** @returns the facts as they are from then on */
  change(event: FaultChange, facts: RunFacts): RunFacts {
    const { faults } = facts.scenario;
    if (event.type === "fault-asked") {
      const { fault, request } = event;
      this.live.add(fault.name);
      const { name } = fault;
      if (request !== null) this.byKey.set(request.key, { name, content: request.content });
      this.changed = [...faults, fault];
    } else {
      const { name, atUs } = event;
      this.changed = faults.map((one) => (one.name === name ? { ...one, endedUs: atUs } : one));
    }
    return { ...facts, scenario: { ...facts.scenario, faults: this.changed } };
  }
}
