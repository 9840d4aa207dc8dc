/**
 * The faults of a run as its journal tells of them: which were asked for while it went on, which have begun, and which are over. Part
 * of run-fold.ts. Invariant: all but what was given follows from the events alone, so a coordinator that starts again tells of none
 * twice. Bound: MAX_WINDOWS.
 */
import { faultWindows } from "../../shared/scenario/fault-windows.ts";
import { MASK } from "../../shared/scenario/mask/mask.ts";
import type { FaultAct } from "../../shared/scenario/sections/faults/registry.ts";
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
  /** What those do that were asked for while it went on, by their names, as it was given: this process alone knows. */
  readonly given = new Map<string, FaultAct>();
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

  /**
   * As they are by now, with what the journal lacks because it commonly is a secret.
   * @param given those of the scenario, as far as they are known as they were given
   */
  forWorkers(given: readonly StrictFault[]): readonly StrictFault[] {
    return this.changed.map((one) => ({ ...one, act: this.#whole(one, given) ?? one.act }));
  }

  /** Names of those that are not over by `atUs`, and that nobody can do any more. @param given as for forWorkers */
  lost(given: readonly StrictFault[], { scenario }: RunFacts, atUs: number): readonly string[] {
    const windows = faultWindows({ phases: scenario.phases, faults: this.changed });
    const left = windows.filter(({ untilUs, isCalledOff }) => untilUs > atUs && !isCalledOff);
    const names = left.filter(({ fault }) => this.lacksSecrets(fault, given));
    return [...new Set(names.map(({ fault }) => fault.name))];
  }

  /** Only the journal tells of it, and not of its secrets. @param one a fault, or by the name of another what it does */
  lacksSecrets(one: Pick<StrictFault, "name" | "act">, given: readonly StrictFault[]): boolean {
    return this.#whole(one, given) === undefined && JSON.stringify(one.act).includes(MASK);
  }

  #whole(one: Pick<StrictFault, "name">, given: readonly StrictFault[]): FaultAct | undefined {
    const first = this.#origins.get(one.name) ?? one.name;
    return this.given.get(first) ?? given.find(({ name }) => name === first)?.act;
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
