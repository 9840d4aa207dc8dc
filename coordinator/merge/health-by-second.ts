/**
 * The worst health of a worker's engines in each second of run time; the validity gates read it. Invariant:
 * maxima only, so the order of frames does not matter. Bound: two 32-bit numbers per second of the run.
 */
import type { Frame } from "../../shared/wire/frame.ts";

export interface SecondHealth {
  readonly loopLagMaxUs: number;
  readonly utilisation: number;
}

export class HealthBySecond {
  #loopLagUs = new Float32Array(64);
  #utilisation = new Float32Array(64);
  #length = 0;

  /** A frame's health holds for every second it spans. */
  addFrame(frame: Frame): void {
    const end = frame.second + frame.spanSeconds;
    this.#reserve(end);
    for (let second = Math.max(0, frame.second); second < end; second++) {
      raise(this.#loopLagUs, second, frame.health.loopLagMaxUs);
      // A final frame covers a moment of its second; how busy that was says nothing.
      if (!frame.final) raise(this.#utilisation, second, frame.health.utilisation);
    }
  }

  *seconds(): Generator<SecondHealth> {
    for (let second = 0; second < this.#length; second++) {
      yield {
        loopLagMaxUs: this.#loopLagUs[second] as number,
        utilisation: this.#utilisation[second] as number,
      };
    }
  }

  #reserve(length: number): void {
    if (length > this.#length) this.#length = length;
    if (length <= this.#loopLagUs.length) return;
    this.#loopLagUs = grown(this.#loopLagUs, length);
    this.#utilisation = grown(this.#utilisation, length);
  }
}

function raise(values: Float32Array, at: number, value: number): void {
  if (value > (values[at] as number)) values[at] = value;
}

function grown(values: Float32Array, length: number): Float32Array<ArrayBuffer> {
  const larger = new Float32Array(Math.max(length, values.length * 2));
  larger.set(values);
  return larger;
}
