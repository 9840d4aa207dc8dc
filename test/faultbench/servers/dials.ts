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

/** What a document may say: the keys of its objects, and of the objects in its lists; true: any value. */
type Tree = true | { readonly [key: string]: Tree };

const tree = (keys: string): Readonly<Record<string, Tree>> =>
  Object.fromEntries(keys.split(" ").map((key) => [key, true as const]));

/** A delay may be a number, too. */
const FIXED = tree("fixedMs");
const PICK = "share every after count";

/** Everything the server on ws knows of a behaviour document. */
const KNOWN: Tree = {
  seed: true,
  cap: tree("connections status close reason"),
  close: { ...tree("afterMessages idleMs how code reason"), afterMs: FIXED },
  outage: tree("afterMs forMs how code reason"),
  pause: tree("everyMs forMs afterMs mode"),
  zombie: tree(PICK),
  limits: { rate: tree("perSec burst code reason"), maxMessageBytes: true },
  reply: {
    cpuMs: true,
    delay: FIXED,
    drop: tree(PICK),
    duplicate: tree(PICK),
    pool: tree("size serviceMs"),
    slow: tree(`${PICK} type byMs`),
  },
  upgrade: { hang: tree(PICK), refuse: tree(`${PICK} status retryAfterSec abovePerSec`) },
};

/** @throws Error naming what a document asks for and this server cannot do */
export function refuseUnknown(given: unknown, known: Tree = KNOWN, place = ""): void {
  if (known === true) return;
  if (Array.isArray(given)) {
    for (const item of given) refuseUnknown(item, known, place);
    return;
  }
  for (const [key, value] of Object.entries(given as object)) {
    const below = known[key];
    if (below === undefined) throw new Error(`this server has no ${place}${key}`);
    refuseUnknown(value, below, `${place}${key}.`);
  }
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
    if (pause?.mode === "stall") throw new Error("this server has no pause.mode: stall");
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

  /** When a reply to a message goes out. @param text null of a binary message */
  dueUs(nowUs: number, text: Buffer | null): number {
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
    return this.pause?.releaseUs(dueUs) ?? dueUs;
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
