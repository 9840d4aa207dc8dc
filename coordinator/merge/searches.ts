/**
 * The find-limit phases of a run: the levels they went to, and how each was judged. Part of run-fold.ts. Invariant: it
 * follows from the journal, so a coordinator that starts again goes on where the search was.
 */
import { buildPopulation } from "../../shared/load/arrivals.ts";
import { type Steering, steer } from "../../shared/load/steering.ts";
import type { SearchLevel } from "../../shared/scenario/strict.ts";
import type { Judgement, SearchEvent, SearchOutcome, SearchPurpose } from "../store/event.ts";
import type { RunFacts } from "./facts.ts";
import { plannedFigures } from "./planned.ts";

/** A level with its judgement. */
export interface Plateau extends Judgement {
  readonly to: number;
  readonly purpose: SearchPurpose;
}

interface Search {
  levels: readonly SearchLevel[];
  /** Of all levels but the first. */
  purposes: readonly SearchPurpose[];
  readonly judgements: Judgement[];
  durationUs: number | null;
  outcome: SearchOutcome | null;
}

export class Searches {
  readonly #planned: RunFacts;
  readonly #byPhase = new Map<number, Search>();
  /** Another list each time something was decided. */
  steering: readonly Steering[] = [];

  constructor(planned: RunFacts) {
    this.#planned = planned;
  }

  /** How far a phase has come: its levels as far as they were judged. */
  plateaus(phase: number): readonly Plateau[] {
    const search = this.#byPhase.get(phase);
    return (search?.judgements ?? []).map((judgement, at) => ({
      ...judgement,
      to: search?.levels[at]?.to ?? 0,
      purpose: at === 0 ? "climb" : (search?.purposes[at - 1] ?? "climb"),
    }));
  }

  /** null while it goes on, and when it was cut short. */
  outcome(phase: number): SearchOutcome | null {
    return this.#byPhase.get(phase)?.outcome ?? null;
  }

  /** @returns the facts as they are from then on */
  apply(event: SearchEvent, facts: RunFacts): RunFacts {
    const search = this.#search(event.phase, facts);
    switch (event.type) {
      case "search-judged": {
        const { verdict, observed, reason } = event;
        search.judgements.push({ verdict, observed, reason });
        return facts;
      }
      case "search-level":
        search.levels = [...search.levels, event.level];
        search.purposes = [...search.purposes, event.purpose];
        break;
      case "phase-stretched":
        search.durationUs = event.durationUs;
        break;
      case "search-ended":
        search.durationUs = event.durationUs;
        search.outcome = event.outcome;
    }
    this.steering = [...this.#byPhase].map(([phase, { levels, durationUs }]) => ({
      phase,
      levels,
      durationUs,
    }));
    const { scenario } = this.#planned;
    const phases = steer(scenario.phases, this.steering);
    const figures = plannedFigures(buildPopulation({ seed: scenario.seed, phases }));
    return { ...facts, ...figures, scenario: { ...facts.scenario, phases } };
  }

  #search(phase: number, facts: RunFacts): Search {
    const known = this.#byPhase.get(phase);
    if (known) return known;
    const planned = facts.scenario.phases[phase];
    const levels = planned?.ramp === "find-limit" ? planned.levels : [];
    const made: Search = { levels, purposes: [], judgements: [], durationUs: null, outcome: null };
    this.#byPhase.set(phase, made);
    return made;
  }
}
