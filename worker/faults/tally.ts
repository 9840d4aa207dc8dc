/**
 * Counts what faults do and what becomes of those they hit, each under the name of its window (shared/scenario/names.ts). Called by
 * faults.ts. Invariant: of those started, each is completed, failed or abandoned, once, at the latest when its connection is over.
 */
import type { FaultWindow } from "../../shared/scenario/fault-windows.ts";
import { namesOf } from "../../shared/scenario/names.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import { METRIC, NAME, type Recorder } from "../record/recorder.ts";

type FaultCounter =
  | "started"
  | "completed"
  | "failed"
  | "abandoned"
  | "handedOn"
  | "noticed"
  | "attempts"
  | "notSent"
  | "cutOff";

export class FaultTally {
  readonly #recorder: Recorder;
  readonly #first: number;
  readonly #phaseAt: (runUs: number) => number;

  constructor(scenario: StrictScenario, recorder: Recorder, phaseAt: (runUs: number) => number) {
    this.#recorder = recorder;
    this.#phaseAt = phaseAt;
    this.#first = namesOf(scenario).findIndex(({ kind }) => kind === "fault");
  }

  count({ position }: FaultWindow, counter: FaultCounter, nowUs: number, amount = 1): void {
    if (amount === 0) return;
    const name = this.#first + position;
    this.#recorder.countName(this.#phaseAt(nowUs), name, NAME[counter], amount);
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

  #time(metric: number, { position }: FaultWindow, nowUs: number, valueUs: number): void {
    this.#recorder.namedValue(metric, this.#phaseAt(nowUs), this.#first + position, valueUs);
  }
}
