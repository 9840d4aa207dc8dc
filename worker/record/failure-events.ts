/**
 * Single failures since the last frame, as a sample, and the healthy connections to hold them against. Owned by the recorder;
 * told by connections and by the engine. Invariant: of each kind of thing that fails, connections or messages, every failure of
 * a frame has the same chance to be kept (reservoir sampling, Vitter 1985, algorithm R), and the weights of those kept add up to
 * how many there were. Bound: EVENT_LIMITS. One that is not kept costs a draw.
 */
import type { TargetText } from "../../shared/scenario/mask/target-text.ts";
import { drawUnit, Stream } from "../../shared/time/random.ts";
import {
  type ControlSample,
  EVENT_LIMITS,
  type FailureEvent,
} from "../../shared/wire/frame/failure-event.ts";
import type { Frame } from "../../shared/wire/frame/frame.ts";

const MAX_SIGNATURE = 120;

/** What has failed, which is sampled apart. */
export const Part = { connection: 0, message: 1 } as const;
export type Part = (typeof Part)[keyof typeof Part];

type Kept = Omit<FailureEvent, "weight">;

class Reservoir {
  readonly #size: number;
  readonly #draw: () => number;
  #kept: Kept[] = [];
  #seen = 0;

  constructor(size: number, draw: () => number) {
    this.#size = size;
    this.#draw = draw;
  }

  /** @returns the place for one more, or -1 */
  place(): number {
    const seen = this.#seen++;
    const place = seen < this.#size ? seen : Math.floor(this.#draw() * (seen + 1));
    return place < this.#size ? place : -1;
  }

  put(place: number, event: Kept): void {
    this.#kept[place] = event;
  }

  cut(): FailureEvent[] {
    const weight = this.#seen / Math.max(1, this.#kept.length);
    const cut = this.#kept.map((event) => ({ ...event, weight }));
    this.#kept = [];
    this.#seen = 0;
    return cut;
  }
}

export class FailureEvents {
  readonly #text: TargetText;
  readonly #reservoirs: readonly [Reservoir, Reservoir];
  #controls: readonly ControlSample[] = [];
  #draws = 0;

  constructor(text: TargetText, seed: number) {
    this.#text = text;
    const draw = () => drawUnit(seed, Stream.sample, 0, this.#draws++);
    this.#reservoirs = [
      new Reservoir(EVENT_LIMITS.connections, draw),
      new Reservoir(EVENT_LIMITS.messages, draw),
    ];
  }

  /** Something failed. @returns the place to put it in, negative when it is not kept */
  place(part: Part): number {
    return this.#reservoirs[part].place();
  }

  /** @param event its signature raw; digits that only number things should already be out of it */
  put(part: Part, place: number, event: Kept): void {
    const signature = this.#text.clean(event.signature, MAX_SIGNATURE);
    this.#reservoirs[part].put(place, this.#harmless({ ...event, signature }));
  }

  /** Healthy connections, as of the end of the frame that is about to be cut. */
  compare(controls: readonly ControlSample[]): void {
    this.#controls = controls.map((control) => this.#harmless(control));
  }

  cut(): Pick<Frame, "events" | "controls"> {
    const controls = this.#controls;
    this.#controls = [];
    return { events: this.#reservoirs.flatMap((reservoir) => reservoir.cut()), controls };
  }

  /** The name of the server is the target's. */
  #harmless<Moment extends { readonly servedBy: string }>(moment: Moment): Moment {
    return { ...moment, servedBy: this.#text.clean(moment.servedBy, MAX_SIGNATURE) };
  }
}
