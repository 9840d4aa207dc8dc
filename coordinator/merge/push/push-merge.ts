/**
 * Pushed messages of a run, put together from what each engine knows of them by the hash of their key: who of a scope got
 * which, over all workers. Filled by merge.ts, read by analysis/push.ts.
 * Invariant: counts are exact, whatever the order of frames; times are exact as receiver-times.ts says. Bound: MAX_OPEN messages and MAX_TIMES times of receivers; beyond, the oldest are added up for good, and
 * what comes of them afterwards counts without times.
 */
import type { Frame, FrameReach } from "../../../shared/wire/frame/frame.ts";
import { PushTally, sizeClass } from "./push-tally.ts";
import { type ReceiverTimes, receiverTimes, type ToldTimes } from "./receiver-times.ts";
import { ScopeTable } from "./scope-table.ts";

const MAX_OPEN = 20_000;
const MAX_TIMES = 2_000_000;
const MAX_SAMPLES = 20;
const MAX_SAMPLE_CONNECTIONS = 10;
/** An engine tells of a message five seconds after it first saw it, in the frame after that. */
const TOLD_AFTER_US = 8_000_000;
const MAX_ENGINES = 65_536;

interface OpenPush {
  readonly name: number;
  readonly scope: number;
  readonly key: number;
  phase: number;
  sentUs: number;
  readonly engines: number[];
  members: number;
  reached: number;
  left: number;
  missed: number;
  others: number;
  repeated: number;
  readonly told: ToldTimes[];
  /** Of `told`; undefined: not worked out since there was more. */
  times: ReceiverTimes | null | undefined;
  unreached: readonly number[];
}

/** Some who did not get a message. */
export interface UnreachedSample {
  readonly scope: string;
  readonly sentUs: number;
  readonly missed: number;
  /** Global indices of some of them; none where a whole worker got nothing. */
  readonly connections: readonly number[];
}

export interface PushFigures {
  readonly all: PushTally;
  /** By sizeClass, in rising order. */
  readonly bySize: readonly (readonly [size: number, tally: PushTally])[];
  readonly unreached: readonly UnreachedSample[];
  /** Of so many messages one was counted. */
  readonly oneIn: number;
}

export class PushMerge {
  readonly #isLost: (epoch: number, atUs: number) => boolean;
  readonly #scopes = new Map<number, ScopeTable>();
  readonly #open = new Map<string, OpenPush>();
  #times = 0;
  /** Messages sent until then are added up for good. */
  #closedUs = Number.NEGATIVE_INFINITY;
  readonly #closed = new Tallies();
  #level = 0;

  /** @param isLost whether the worker was lost, and what it did at that run time is not known to the end */
  constructor(isLost: (epoch: number, atUs: number) => boolean) {
    this.#isLost = isLost;
  }

  addFrame(epoch: number, frame: Frame): void {
    const engine = epoch * MAX_ENGINES + frame.engine;
    const second = frame.second + frame.spanSeconds - 1;
    for (const row of frame.scopes) this.#scopesOf(row.name).add(row, { engine, second });
    for (const row of frame.reaches) this.#add(engine, row);
  }

  /** Of the name at a position; null: nothing came. */
  scopes(name: number): ScopeTable | null {
    return this.#scopes.get(name) ?? null;
  }

  /** @param throughUs run time that all workers have reported: later messages may not be known to the end */
  figures(
    name: number,
    { phases, throughUs }: { readonly phases: ReadonlySet<number>; readonly throughUs: number },
  ): PushFigures {
    const tallies = new Tallies();
    for (const message of this.#open.values()) {
      if (message.name !== name || message.sentUs > throughUs - TOLD_AFTER_US) continue;
      this.#end(message, tallies);
    }
    const { all, bySize } = sumOf([this.#closed.of(name), tallies.of(name)], phases);
    const unreached = [...this.#closed.samples(name), ...tallies.samples(name)];
    return { all, bySize, unreached: firstOf(unreached), oneIn: 2 ** this.#level };
  }

  #scopesOf(name: number): ScopeTable {
    const known = this.#scopes.get(name);
    if (known !== undefined) return known;
    const made = new ScopeTable();
    this.#scopes.set(name, made);
    return made;
  }

  #add(engine: number, row: FrameReach): void {
    if (row.level > this.#level) this.#raise(row.level);
    if (!isCounted(row.key, this.#level)) return;
    const id = `${row.name} ${row.key}`;
    const known = this.#open.get(id);
    if (known === undefined && row.sentUs <= this.#closedUs) {
      this.#closed.at(row.name, row.phase, sizeClass(row.members)).addCounts(row);
      return;
    }
    const message = known ?? opened(row);
    if (known === undefined) this.#open.set(id, message);
    message.phase = Math.min(message.phase, row.phase);
    message.sentUs = Math.min(message.sentUs, row.sentUs);
    message.engines.push(engine);
    for (const count of COUNTS) message[count] += row[count];
    message.told.push({ timesUs: row.timesUs, receivers: row.reached + row.others });
    message.times = undefined;
    this.#times += row.timesUs.length;
    message.unreached = [...message.unreached, ...row.unreached]
      .sort((a, b) => a - b)
      .slice(0, MAX_SAMPLE_CONNECTIONS);
    if (this.#open.size > MAX_OPEN || this.#times > MAX_TIMES) this.#closeOldest();
  }

  /** Some engine had too many messages to count them all. */
  #raise(level: number): void {
    this.#level = level;
    for (const [id, { key, told }] of this.#open) {
      if (isCounted(key, level)) continue;
      this.#open.delete(id);
      for (const { timesUs } of told) this.#times -= timesUs.length;
    }
  }

  #closeOldest(): void {
    const oldest = [...this.#open].sort(([, a], [, b]) => a.sentUs - b.sentUs);
    for (const [id, message] of oldest.slice(0, Math.ceil(oldest.length / 4))) {
      this.#open.delete(id);
      for (const { timesUs } of message.told) this.#times -= timesUs.length;
      this.#end(message, this.#closed);
      this.#closedUs = Math.max(this.#closedUs, message.sentUs);
    }
    for (const scopes of this.#scopes.values()) scopes.forget(this.#closedUs);
  }

  /** Engines with members of the scope that never saw the message have missed it. */
  #end(message: OpenPush, tallies: Tallies): void {
    const { name, scope, phase, sentUs, engines } = message;
    const table = this.#scopesOf(name);
    let absent = 0;
    for (const [engine, members] of table.belonging(scope, sentUs)) {
      if (engines.includes(engine)) continue;
      if (!this.#isLost(Math.floor(engine / MAX_ENGINES), sentUs)) absent += members;
    }
    const members = message.members + absent;
    const missed = message.missed + absent;
    message.times ??= receiverTimes(message.told);
    const { times } = message;
    tallies.at(name, phase, sizeClass(members)).add({ ...message, members, missed, times });
    if (missed === 0) return;
    const label = table.labelOf(scope);
    tallies.sample(name, { scope: label, sentUs, missed, connections: message.unreached });
  }
}

const COUNTS = ["members", "reached", "left", "missed", "others", "repeated"] as const;

function opened({ name, scope, key, phase, sentUs }: FrameReach): OpenPush {
  const none = { members: 0, reached: 0, left: 0, missed: 0, others: 0, repeated: 0 };
  const rest = { engines: [], told: [], times: undefined, unreached: [] };
  return { name, scope, key, phase, sentUs, ...none, ...rest };
}

function isCounted(key: number, level: number): boolean {
  return level === 0 || key % 2 ** level === 0;
}

/** Sums by name, phase and size of the scope, with some messages that did not reach everybody. */
class Tallies {
  readonly #byName = new Map<number, Map<number, Map<number, PushTally>>>();
  readonly #samples = new Map<number, UnreachedSample[]>();

  at(name: number, phase: number, size: number): PushTally {
    const phases = made(this.#byName, name, () => new Map<number, Map<number, PushTally>>());
    const sizes = made(phases, phase, () => new Map<number, PushTally>());
    return made(sizes, size, () => new PushTally());
  }

  of(name: number): ReadonlyMap<number, ReadonlyMap<number, PushTally>> {
    return this.#byName.get(name) ?? new Map();
  }

  sample(name: number, sample: UnreachedSample): void {
    this.#samples.set(name, firstOf([...this.samples(name), sample]));
  }

  samples(name: number): readonly UnreachedSample[] {
    return this.#samples.get(name) ?? [];
  }
}

function made<Value>(map: Map<number, Value>, key: number, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const value = make();
  map.set(key, value);
  return value;
}

function sumOf(
  parts: readonly ReadonlyMap<number, ReadonlyMap<number, PushTally>>[],
  phases: ReadonlySet<number>,
): Pick<PushFigures, "all" | "bySize"> {
  const all = new PushTally();
  const bySize = new Map<number, PushTally>();
  for (const [phase, sizes] of parts.flatMap((part) => [...part])) {
    if (!phases.has(phase)) continue;
    for (const [size, tally] of sizes) {
      all.addFrom(tally);
      made(bySize, size, () => new PushTally()).addFrom(tally);
    }
  }
  return { all, bySize: [...bySize].sort(([a], [b]) => a - b) };
}

function firstOf(samples: readonly UnreachedSample[]): UnreachedSample[] {
  return [...samples]
    .sort((a, b) => a.sentUs - b.sentUs || (a.scope < b.scope ? -1 : 1))
    .slice(0, MAX_SAMPLES);
}
