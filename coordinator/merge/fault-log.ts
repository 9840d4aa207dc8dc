/**
 * The faults of a run as its journal tells of them: which were asked for while it went on, which have begun, and which are over. Part
 * of run-fold.ts. Invariant: it follows from the events alone, so a coordinator that starts again tells of none twice. Bound:
 * MAX_WINDOWS.
 */
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import type { StrictFault } from "../../shared/scenario/strict-fault.ts";
import type { FaultChange, FaultEvent } from "../store/event.ts";
import type { RunFacts } from "./facts.ts";

type AskedChange = Extract<FaultChange, { readonly request: unknown }>;

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
  /** Of those that are another once more: which one, by the name it had first. */
  readonly #origins = new Map<string, string>();
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

  /** As they are by now, with what the journal lacks because it commonly is a secret. @param planned the scenario as it was given */
  forWorkers({ faults }: Pick<StrictScenario, "faults">): readonly StrictFault[] {
    return this.changed.map((one) => {
      const first = this.#origins.get(one.name) ?? one.name;
      return { ...one, act: faults.find(({ name }) => name === first)?.act ?? one.act };
    });
  }

  /** @returns the facts as they are from then on */
  change(event: FaultChange, facts: RunFacts): RunFacts {
    const { faults, outside } = facts.scenario;
    if (event.type === "outside-asked") {
      this.#asked(event.outside, event.request);
      return { ...facts, scenario: { ...facts.scenario, outside: [...outside, event.outside] } };
    }
    if (event.type === "fault-asked") {
      const { fault, begins, request } = event;
      if (begins !== undefined) this.#origins.set(fault.name, this.#origins.get(begins) ?? begins);
      this.#asked(fault, request);
      this.changed = [...faults, fault];
    } else {
      const { name, atUs } = event;
      this.changed = faults.map((one) => (one.name === name ? { ...one, endedUs: atUs } : one));
    }
    return { ...facts, scenario: { ...facts.scenario, faults: this.changed } };
  }

  #asked({ name }: { readonly name: string }, request: AskedChange["request"]): void {
    this.live.add(name);
    if (request !== null) this.byKey.set(request.key, { name, content: request.content });
  }
}
