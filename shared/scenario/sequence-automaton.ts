/**
 * The automaton of a sequence: which events may come next, in flat tables. Compiled once by the checks, which refuse what is too
 * ambiguous or too large, and once by each engine. Invariant: `next` gives what the sequence's steps allow and nothing else;
 * where several of them could take an event all are followed, so no choice is ever wrong.
 * Bounds: MAX_EVENTS different events, MAX_POSITIONS positions in the steps, MAX_TOGETHER of them followed together, and
 * MAX_STATES such sets.
 */
import type { StrictSequence, StrictSequenceStep } from "./strict-message.ts";

export const MAX_EVENTS = 64;
const MAX_POSITIONS = 20_000;
export const MAX_TOGETHER = 64;
const MAX_STATES = 4096;
/** No state: the event must not come now; and no event. */
export const NONE = -1;

export interface SequenceAutomaton {
  /** Names of the events, in the order in which the steps have them first. */
  readonly events: readonly string[];
  /** How often each comes at least and at most, in all steps together. */
  readonly least: Uint16Array;
  readonly most: Uint16Array;
  /** State 0 is the start; the state after event e in state s is next[s * events.length + e], or NONE. */
  readonly next: Int16Array;
  /** By state: 1 where the sequence may be over. */
  readonly accepts: Uint8Array;
  /** By state: 1 where no event may follow. */
  readonly ends: Uint8Array;
  /** By state: the event that has to come before the sequence can be over; NONE where it may be. */
  readonly wants: Int16Array;
}

/** Why a sequence cannot be compiled. */
export interface SequenceFault {
  readonly what: string;
  readonly hint: string;
}

interface Counted {
  readonly event: number;
  readonly least: number;
  readonly most: number;
}

/** A step; its positions are numbered from `first`: how often each of its events has come, mixed radix. */
interface Place {
  readonly first: number;
  readonly positions: number;
  readonly parts: readonly Counted[];
}

export function compileSequence({
  steps,
}: Pick<StrictSequence, "steps">): SequenceAutomaton | SequenceFault {
  const events = [...new Set(steps.flatMap(partsOf).map(({ event }) => event))];
  if (events.length > MAX_EVENTS)
    return { what: `more than ${MAX_EVENTS} different events`, hint: "" };
  const places: Place[] = [];
  let first = 0;
  for (const step of steps) {
    const parts = partsOf(step).map((one) => ({ ...one, event: events.indexOf(one.event) }));
    const positions = parts.reduce((product, { most }) => product * (most + 1), 1);
    places.push({ first, positions, parts });
    first += positions;
    if (first > MAX_POSITIONS) return tooLarge();
  }
  const positions = new Positions(places, first);
  const states = new States(positions, events.length);
  const fault = states.explore();
  if (fault !== null) return fault;
  const totals = (bound: "least" | "most") => {
    const sums = new Uint16Array(events.length);
    for (const { parts } of places) {
      for (const part of parts) sums[part.event] = (sums[part.event] as number) + part[bound];
    }
    return sums;
  };
  return { events, least: totals("least"), most: totals("most"), ...states.tables() };
}

export function isSequenceFault(made: SequenceAutomaton | SequenceFault): made is SequenceFault {
  return "what" in made;
}

function partsOf(step: StrictSequenceStep) {
  return step.kind === "any" ? step.events : [step];
}

function tooLarge(): SequenceFault {
  const hint = "fewer events in an any-order group, or lower numbers in times";
  return { what: "the sequence can go too many ways", hint };
}

/** Positions in the steps, and where an event leads from one. */
class Positions {
  /** All events have come as often as they must. */
  readonly end: number;
  readonly #places: readonly Place[];

  constructor(places: readonly Place[], end: number) {
    this.#places = places;
    this.end = end;
  }

  /** Adds a position, and those that follow it without an event. */
  addTo(set: Set<number>, position: number): void {
    let at = position;
    for (;;) {
      set.add(at);
      const place = this.#placeOf(at);
      if (place === null || this.#wantedAt(place, at) !== NONE) return;
      at = place.first + place.positions;
    }
  }

  /** @returns NONE where the event must not come at this position */
  after(position: number, event: number): number {
    const place = this.#placeOf(position);
    let radix = 1;
    for (const part of place?.parts ?? []) {
      const count = Math.floor((position - (place as Place).first) / radix) % (part.most + 1);
      if (part.event === event) return count < part.most ? position + radix : NONE;
      radix *= part.most + 1;
    }
    return NONE;
  }

  /** The next event that has to come; NONE when the sequence may be over. */
  wantedFrom(position: number): number {
    let at = position;
    for (;;) {
      const place = this.#placeOf(at);
      if (place === null) return NONE;
      const wanted = this.#wantedAt(place, at);
      if (wanted !== NONE) return wanted;
      at = place.first + place.positions;
    }
  }

  #wantedAt(place: Place, position: number): number {
    let code = position - place.first;
    for (const { event, least, most } of place.parts) {
      if (code % (most + 1) < least) return event;
      code = Math.floor(code / (most + 1));
    }
    return NONE;
  }

  #placeOf(position: number): Place | null {
    let low = 0;
    let high = this.#places.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const place = this.#places[middle] as Place;
      if (position < place.first) high = middle - 1;
      else if (position >= place.first + place.positions) low = middle + 1;
      else return place;
    }
    return null;
  }
}

/** Sets of positions that are followed together, numbered as they are found. */
class States {
  readonly #positions: Positions;
  readonly #events: number;
  readonly #sets: (readonly number[])[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #next: number[] = [];

  constructor(positions: Positions, events: number) {
    this.#positions = positions;
    this.#events = events;
  }

  /** Finds all states there are. */
  explore(): SequenceFault | null {
    const start = new Set<number>();
    this.#positions.addTo(start, 0);
    this.#numberOf(start);
    for (let state = 0; state < this.#sets.length; state++) {
      if ((this.#sets[state] as readonly number[]).length > MAX_TOGETHER) {
        const what = `an event could belong to more than ${MAX_TOGETHER} places of the sequence`;
        return {
          what,
          hint: "give events that follow one another names of their own, or lower times",
        };
      }
      if (this.#sets.length > MAX_STATES) return tooLarge();
      for (let event = 0; event < this.#events; event++) this.#next.push(this.#after(state, event));
    }
    return null;
  }

  tables(): Pick<SequenceAutomaton, "next" | "accepts" | "ends" | "wants"> {
    const events = this.#events;
    const next = Int16Array.from(this.#next);
    const { end } = this.#positions;
    return {
      next,
      accepts: Uint8Array.from(this.#sets, (set) => (set.includes(end) ? 1 : 0)),
      ends: Uint8Array.from(this.#sets, (_, state) =>
        next.subarray(state * events, (state + 1) * events).every((to) => to === NONE) ? 1 : 0,
      ),
      wants: Int16Array.from(this.#sets, (set) => this.#wants(set)),
    };
  }

  /** The way that has come furthest says what is still to come. */
  #wants(set: readonly number[]): number {
    if (set.includes(this.#positions.end)) return NONE;
    return this.#positions.wantedFrom(Math.max(...set));
  }

  #after(state: number, event: number): number {
    const set = new Set<number>();
    for (const position of this.#sets[state] as readonly number[]) {
      const to = this.#positions.after(position, event);
      if (to !== NONE) this.#positions.addTo(set, to);
    }
    return set.size === 0 ? NONE : this.#numberOf(set);
  }

  #numberOf(set: ReadonlySet<number>): number {
    const sorted = [...set].sort((a, b) => a - b);
    const key = sorted.join();
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.#sets.length);
    return this.#sets.push(sorted) - 1;
  }
}
