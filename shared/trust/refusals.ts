/**
 * What was on the bus and is not acted on: counted, and said at a bounded rate. One for each side of a bus; read by
 * whoever shows it (log, GET /workers, metrics, a run's notes).
 * Invariant: however much is refused, what is kept and said of it is bounded, and nothing is refused in silence.
 */
import { type Log, oneLine } from "../log.ts";
import type { Clock } from "../time/clock.ts";
import type { RecordKind } from "./seal.ts";

export interface Refusal {
  readonly kind: RecordKind | "record";
  /** Where it was; may be a stranger's text. */
  readonly subject: string;
  /** The run it would have touched; null: none, or all. */
  readonly run: string | null;
  readonly reason: string;
}

/** Refusals that look alike. */
export interface RefusalGroup extends Refusal {
  readonly count: number;
}

const MAX_GROUPS = 256;
const MAX_SUBJECT = 200;
/** Between two lines about records that look alike. */
const SAY_EVERY_US = 10_000_000;

export class Refusals {
  readonly #clock: Pick<Clock, "monotonicUs">;
  readonly #log: Log | null;
  readonly #groups = new Map<string, Refusal & { count: number; saidUs: number; said: number }>();
  #count = 0;
  #last = "";

  constructor(clock: Pick<Clock, "monotonicUs">, log: Log | null) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Records refused so far. */
  get count(): number {
    return this.#count;
  }

  /** The last one in words; "" before the first. */
  get last(): string {
    return this.#last;
  }

  /** By kind, run and reason; each with the first place it was seen at. */
  get groups(): readonly RefusalGroup[] {
    return [...this.#groups.values()].map(({ kind, subject, run, reason, count }) => {
      return { kind, subject, run, reason, count };
    });
  }

  add(refusal: Refusal): void {
    this.#count++;
    const { kind, reason, run } = refusal;
    const subject = oneLine(refusal.subject, MAX_SUBJECT);
    const text = textOf({ ...refusal, subject });
    this.#last = text;
    const key = JSON.stringify([kind, run, reason]);
    const nowUs = this.#clock.monotonicUs();
    let group = this.#groups.get(key);
    if (group === undefined) {
      if (this.#groups.size >= MAX_GROUPS) return;
      group = { kind, subject, run, reason, count: 0, said: 0, saidUs: Number.NEGATIVE_INFINITY };
      this.#groups.set(key, group);
    }
    group.count++;
    if (nowUs - group.saidUs < SAY_EVERY_US) return;
    const more = group.count - group.said - 1;
    this.#log?.warn(more > 0 ? `${text} (and ${more} more like it)` : text);
    group.saidUs = nowUs;
    group.said = group.count;
  }
}

/** One sentence without a full stop. */
export function textOf({ kind, subject, reason }: Refusal): string {
  return `refused a ${kind} on the bus (${subject}): ${reason}`;
}
