/**
 * The clock of an engine under test: it goes on SPEED times as fast as the real one, but by no more than STEP_US from one
 * turn of the engine to the next. So a machine that is busy elsewhere slows the run and changes nothing in it, and a run
 * takes a fraction of its time. Whoever plays the target waits by this clock, too.
 * Invariant: never goes back; what is due is called between two turns, in the order in which it is due.
 */
import { monotonicUs } from "../../shared/time/clock.ts";

const SPEED = 4;
const STEP_US = 4000;

interface Due {
  readonly atUs: number;
  readonly callback: () => void;
}

export class TurnClock {
  #baseUs = monotonicUs();
  #realUs = this.#baseUs;
  readonly #speed: number;
  #waiting: Due[] = [];

  /** @param speed 1 where somebody outside of this thread has to keep up */
  constructor(speed: number = SPEED) {
    this.#speed = speed;
  }

  readonly monotonicUs = (): number =>
    this.#baseUs + Math.min(STEP_US, (monotonicUs() - this.#realUs) * this.#speed);

  /** Before each turn. */
  turn(): void {
    this.#baseUs = this.monotonicUs();
    this.#realUs = monotonicUs();
    const due = this.#waiting.filter(({ atUs }) => atUs <= this.#baseUs);
    this.#waiting = this.#waiting.filter(({ atUs }) => atUs > this.#baseUs);
    for (const { callback } of due.sort((a, b) => a.atUs - b.atUs)) callback();
  }

  after(delayMs: number, callback: () => void): void {
    this.#waiting.push({ atUs: this.monotonicUs() + delayMs * 1000, callback });
  }

  /** The engine's thread stands still for so long: no turn comes meanwhile. */
  standStill(forUs: number): void {
    this.#baseUs = this.monotonicUs() + forUs;
    this.#realUs = monotonicUs();
  }
}
