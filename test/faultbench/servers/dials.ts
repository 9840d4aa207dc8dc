/**
 * What a behaviour document makes of a message or an upgrade, for the server on the ws package. Called by ws-program.ts.
 * Invariant: it decides from the document alone; shares are exact, as those of the target are.
 */
import { monotonicUs } from "../../../shared/time/clock.ts";
import type { Delay } from "../../../target/behaviour/dials.ts";
import { PauseSchedule } from "../../../target/behaviour/pause.ts";
import { Picker } from "../../../target/behaviour/pick.ts";
import { TokenBucket } from "../../../target/behaviour/token-bucket.ts";
import { type Behaviour, rulesOf } from "../../../target/behaviour-schema.ts";

/** Everything the server on ws knows of a behaviour document. */
const KNOWN: Readonly<Record<string, readonly string[] | null>> = {
  seed: null,
  cap: null,
  close: null,
  outage: null,
  pause: null,
  zombie: null,
  limits: ["rate", "maxMessageBytes"],
  reply: ["cpuMs", "delay", "drop", "duplicate", "pool", "slow"],
  upgrade: ["hang", "refuse"],
};

/** @throws Error naming what a document asks for and this server cannot do */
export function refuseUnknown(given: unknown): void {
  for (const [key, value] of Object.entries(given as object)) {
    const parts = KNOWN[key];
    if (parts === undefined) throw new Error(`this server has no ${key}`);
    const unknown =
      parts === null ? [] : Object.keys(value).filter((name) => !parts.includes(name));
    if (unknown.length > 0) throw new Error(`this server has no ${key}.${unknown.join(", ")}`);
  }
}

export function burn(forMs: number): void {
  const untilUs = monotonicUs() + 1000 * forMs;
  while (monotonicUs() < untilUs);
}

/** @throws Error when a delay is drawn, which this server cannot do */
export function fixedMs(delay: Delay): number {
  if (delay.fixedMs === undefined) throw new Error("this server has fixed delays only");
  return delay.fixedMs;
}

const WHOLE = { index: 0, count: 1 } as const;

interface Refusal {
  readonly status: number;
  readonly lines: readonly string[];
}

interface RefuseRule {
  readonly picker: Picker | null;
  readonly bucket: TokenBucket | null;
  readonly refusal: Refusal;
}

interface SlowRule {
  readonly picker: Picker;
  readonly mark: string | null;
  readonly byMs: number;
}

export class Dials {
  readonly behaviour: Behaviour;
  private readonly pause: PauseSchedule | null;
  private readonly refusals: readonly RefuseRule[];
  private readonly slow: readonly SlowRule[];
  private readonly hang: Picker | null;
  private readonly zombie: Picker | null;
  private readonly drop: Picker | null;
  private readonly duplicate: Picker | null;
  private readonly poolFreeUs: number[];
  private pickers = 0;

  constructor(behaviour: Behaviour) {
    this.behaviour = behaviour;
    const { reply, upgrade, pause } = behaviour;
    const only = (part: object, name: string) => this.picker(rulesOf(part, name)[0]);
    this.hang = only(upgrade, "hang");
    this.drop = only(reply, "drop");
    this.duplicate = only(reply, "duplicate");
    this.zombie = this.picker(behaviour.zombie);
    this.refusals = rulesOf(upgrade, "refuse").map((rule) => this.refuseRule(rule));
    this.slow = rulesOf(reply, "slow").map((rule) => {
      const { type, byMs } = rule as { readonly type?: string; readonly byMs: number };
      const mark = type === undefined ? null : `"type":${JSON.stringify(type)}`;
      return { picker: this.picker(rule) as Picker, mark, byMs };
    });
    this.poolFreeUs = new Array<number>(reply.pool?.size ?? 0).fill(0);
    this.pause = pause?.mode === "replies" ? new PauseSchedule(pause, monotonicUs()) : null;
  }

  /** What is said in place of a 101; null: it is given. */
  refusal(): Refusal | "hang" | null {
    if (this.hang?.next() === true) return "hang";
    for (const { picker, bucket, refusal } of this.refusals) {
      if (bucket?.take(monotonicUs()) === false || picker?.next() === true) return refusal;
    }
    return null;
  }

  isZombie(): boolean {
    return this.zombie?.next() === true;
  }

  drops(): boolean {
    return this.drop?.next() === true;
  }

  doubles(): boolean {
    return this.duplicate?.next() === true;
  }

  /** How long a reply to a message waits. @param text null of a binary message */
  waitMs(nowUs: number, text: Buffer | null): number {
    const { delay, pool } = this.behaviour.reply;
    let dueUs = nowUs + 1000 * (delay === undefined ? 0 : fixedMs(delay));
    for (const { picker, mark, byMs } of this.slow) {
      const isMeant = mark === null || text?.includes(mark) === true;
      if (isMeant && picker.next()) dueUs += 1000 * byMs;
    }
    if (pool !== undefined) {
      const place = this.poolFreeUs.indexOf(Math.min(...this.poolFreeUs));
      dueUs = Math.max(dueUs, this.poolFreeUs[place] ?? 0) + 1000 * pool.serviceMs;
      this.poolFreeUs[place] = dueUs;
    }
    return ((this.pause?.releaseUs(dueUs) ?? dueUs) - nowUs) / 1000;
  }

  private picker(rule: ConstructorParameters<typeof Picker>[0] | undefined): Picker | null {
    if (rule === undefined) return null;
    const { share, every, after, count } = rule;
    if ([share, every, after, count].every((value) => value === undefined)) return null;
    this.pickers += 1;
    return new Picker(rule, { seed: this.behaviour.seed, index: this.pickers }, WHOLE);
  }

  private refuseRule(rule: object): RefuseRule {
    const { status, retryAfterSec, abovePerSec } = rule as {
      readonly status: number;
      readonly retryAfterSec?: number;
      readonly abovePerSec?: number;
    };
    const lines = retryAfterSec === undefined ? [] : [`Retry-After: ${retryAfterSec}`];
    const bucket = abovePerSec === undefined ? null : new TokenBucket(abovePerSec, abovePerSec);
    return { picker: this.picker(rule), bucket, refusal: { status, lines } };
  }
}
