/**
 * Counts what faults do and what becomes of those they hit, each under the name of its window (shared/scenario/names.ts). Called by
 * faults.ts. Invariant: of those started, each is completed, failed or abandoned, once, at the latest when its connection is over.
 */
import { type FaultWindow, faultWindows } from "../../shared/scenario/fault-windows.ts";
import { faultNames, outcomesOf } from "../../shared/scenario/names.ts";
import { closedWith, type Outcome } from "../../shared/scenario/sections/faults/outcome.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import { METRIC, NAME, type Recorder } from "../record/recorder.ts";
import type { SocketEnd } from "../socket/driver.ts";
import type { ActiveWindow, Victim } from "./victim.ts";

type FaultCounter =
  | "extra"
  | "started"
  | "completed"
  | "failed"
  | "abandoned"
  | "handedOn"
  | "noticed"
  | "attempts"
  | "notSent"
  | "cutOff";

interface TallyClock {
  phaseAt(runUs: number): number;
  nowUs(): number;
}

export class FaultTally {
  readonly #recorder: Recorder;
  /** By window: its name. */
  #names: readonly number[] = [];
  readonly #phaseAt: (runUs: number) => number;
  readonly #nowUs: () => number;
  /** By window: names of its outcomes. */
  #outcomes: readonly ReadonlyMap<Outcome, number>[] = [];

  constructor(scenario: StrictScenario, recorder: Recorder, clock: TallyClock) {
    this.#recorder = recorder;
    this.#phaseAt = (runUs) => clock.phaseAt(runUs);
    this.#nowUs = () => clock.nowUs();
    this.change(scenario);
  }

  /** There are more windows than before; those there were keep their names. */
  change(scenario: StrictScenario): void {
    this.#outcomes = faultWindows(scenario).map((window) => outcomesOf(scenario, window));
    this.#names = faultNames(scenario);
  }

  count(window: FaultWindow, counter: FaultCounter, nowUs: number, amount = 1): void {
    if (amount === 0) return;
    this.#recorder.countName(this.#phaseAt(nowUs), this.nameOf(window), NAME[counter], amount);
  }

  /** Its position in namesOf. */
  nameOf({ position }: FaultWindow): number {
    return this.#names[position] as number;
  }

  /** What the target did to a connection that each of these has hit is known, where it was not. */
  tell(windows: readonly ActiveWindow[], victim: Victim, outcome: Outcome): void {
    for (const one of windows) {
      if (!one.takesOutcome(victim)) continue;
      this.#outcome(one.window, outcome);
    }
  }

  /** What became of a handshake that a window made, or altered. @param tookUs from its beginning until then; null: it took no time */
  answered(window: FaultWindow, outcome: Outcome, tookUs: number | null): void {
    const name = this.#outcome(window, outcome);
    if (name === undefined || tookUs === null) return;
    const phase = this.#phaseAt(this.#nowUs());
    this.#recorder.namedValue(METRIC.notice, phase, name, Math.max(0, tookUs));
  }

  /** Its socket is over, so; what we ended the target has not. */
  ended(windows: readonly ActiveWindow[], victim: Victim, end: SocketEnd): void {
    if (end.initiator !== "client") this.tell(windows, victim, outcomeOf(end));
  }

  /** The target ended a connection that it acts on. */
  noticed(window: FaultWindow, nowUs: number): void {
    this.count(window, "noticed", nowUs);
    this.#time(METRIC.notice, window, nowUs, nowUs - window.fromUs);
  }

  /** A connection it hit is as it was. @param sinceUs from when on its recovery is timed */
  restored(window: FaultWindow, nowUs: number, sinceUs: number): void {
    this.count(window, "completed", nowUs);
    this.#time(METRIC.restore, window, nowUs, Math.max(0, nowUs - sinceUs));
  }

  /** @returns its position in namesOf; undefined: the kind does not tell it */
  #outcome({ position }: FaultWindow, outcome: Outcome): number | undefined {
    const name = this.#outcomes[position]?.get(outcome);
    if (name === undefined) return undefined;
    this.#recorder.countName(this.#phaseAt(this.#nowUs()), name, NAME.arrived);
    return name;
  }

  #time(metric: number, window: FaultWindow, nowUs: number, valueUs: number): void {
    this.#recorder.namedValue(metric, this.#phaseAt(nowUs), this.nameOf(window), valueUs);
  }
}

function outcomeOf({ code, initiator, errno }: SocketEnd): Outcome {
  if (initiator === "server") return closedWith(code);
  return errno === "" ? "ended" : "reset";
}
