/**
 * Healthy connections chosen at random, a few each second: without them nobody can tell whether what failures have in common is
 * what all connections have. Called when a frame is cut. Invariant: a function of the seed, the second and the connections there
 * are; each that is open and that no fault acts on has the same chance. The weights of a sample add up to the connections open, those
 * that are left out among them. Bound: EVENT_LIMITS.controls, MAX_DRAWS slots looked at.
 */
import { draw32, Stream } from "../../shared/time/random.ts";
import { type ControlSample, EVENT_LIMITS } from "../../shared/wire/frame/failure-event.ts";
import type { ConnectionHost } from "../connection/connection-host.ts";
import { type Described, momentOf } from "../connection/moment.ts";

/** Where most slots are free, some seconds have fewer samples. */
const MAX_DRAWS = 1024;

interface Sampled extends Described {
  /** Its steps are done, and nobody has begun to close it. */
  readonly isOpen: boolean;
  readonly shift: number;
}

export class ControlSamples {
  readonly #connections: readonly (Sampled | null)[];
  readonly #host: ConnectionHost;

  constructor(connections: readonly (Sampled | null)[], host: ConnectionHost) {
    this.#connections = connections;
    this.#host = host;
  }

  /** @param second of run time, for which they stand */
  take(seed: number, second: number): ControlSample[] {
    const host = this.#host;
    const wanted = Math.min(EVENT_LIMITS.controls, host.recorder.open);
    const chosen = new Set<Sampled>();
    for (let draw = 0; draw < MAX_DRAWS && chosen.size < wanted; draw++) {
      const slot = draw32(seed, Stream.sample, second, draw) % this.#connections.length;
      const connection = this.#connections[slot];
      if (connection?.isOpen && connection.shift === 0) chosen.add(connection);
    }
    const weight = host.recorder.open / Math.max(1, chosen.size);
    const phase = host.phaseAt(host.lastNowUs);
    return [...chosen].map((connection) => ({ weight, ...momentOf(connection, host, phase) }));
  }
}
