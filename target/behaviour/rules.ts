/**
 * A behaviour made ready to decide: which reply gets which treatment, how long it takes, what happens to
 * an upgrade. A new one is made whenever the behaviour changes. Invariants: every decision depends on the
 * seed and on how many decisions came before; a rule that could not act (nobody to leak to) is owed one
 * and acts on a later event, so counts and shares stay exact.
 */
import type { Behaviour, MalformedFrame, ReplyKind } from "../behaviour-schema.ts";
import { REPLY_KINDS } from "../behaviour-schema.ts";
import { type Sampler, samplerOf } from "./delay.ts";
import type { Delay, Pick } from "./dials.ts";
import type { CorruptionPlace } from "./malform.ts";
import { PauseSchedule } from "./pause.ts";
import { type Part, Picker, partOf } from "./pick.ts";
import type { Draws } from "./shuffle.ts";
import { TokenBucket } from "./token-bucket.ts";

export type ReplyAction =
  | { readonly do: "drop" | "duplicate" }
  | { readonly do: "reorder"; readonly holdUs: number }
  | { readonly do: "corrupt"; readonly place: CorruptionPlace }
  | { readonly do: "leak"; readonly mode: "also" | "instead" }
  | { readonly do: "fragment"; readonly parts: number }
  | { readonly do: "malformed"; readonly frame: MalformedFrame };

export interface ReplyRule {
  readonly action: ReplyAction;
  readonly kinds: ReadonlySet<ReplyKind>;
  readonly picker: Picker;
  /** Times it was to act and has not yet. */
  owed: number;
}

export type Admission =
  | { readonly do: "accept" | "hang" | "reset" }
  | { readonly do: "invalid"; readonly what: "accept" | "protocol" | "status" }
  | {
      readonly do: "refuse";
      readonly status: number;
      readonly retryAfterSec: number | null;
      /** The cap on connections, not a refusal by rule. */
      readonly byCap: boolean;
    };

interface AdmissionRule {
  readonly admission: Admission;
  readonly picker: Picker | null;
  readonly bucket: TokenBucket | null;
  owed: number;
}

/** Draw indexes of one process; a mixture uses the hundred after its own. */
const INDEXES_PER_PROCESS = 100_000;
const ACCEPT: Admission = { do: "accept" };

export class Rules {
  readonly behaviour: Behaviour;
  readonly part: Part;
  /** True: replies are plain echoes, at once, and nothing is limited. */
  readonly plain: boolean;
  readonly tracksIdle: boolean;
  readonly pause: PauseSchedule | null;
  readonly zombie: Picker | null;
  readonly upgradeDelay: Sampler | null;
  readonly agentGap: Sampler;
  /** Connections this process may have by `cap`. */
  readonly capConnections: number;
  private readonly replyRules: readonly ReplyRule[];
  private readonly admissionRules: readonly AdmissionRule[];
  private readonly replyDelays: ReadonlyMap<ReplyKind, Sampler>;
  /** When each place of the pool is free again, monotonic microseconds. */
  private readonly poolFreeUs: number[];
  private indexes: number;

  /** `sinceUs`: monotonic time from which pauses count. */
  constructor(behaviour: Behaviour, part: Part, sinceUs: number) {
    this.behaviour = behaviour;
    this.part = part;
    this.indexes = part.index * INDEXES_PER_PROCESS;
    const { reply, pause } = behaviour;
    this.replyRules = this.makeReplyRules();
    this.replyDelays = this.makeReplyDelays();
    this.admissionRules = this.makeAdmissionRules();
    this.zombie = this.picker(behaviour.zombie);
    this.upgradeDelay = this.sampler(behaviour.upgrade.delay);
    this.agentGap = samplerOf(behaviour.agent.gap, this.draws());
    this.pause =
      pause !== undefined && pause.mode !== "block" ? new PauseSchedule(pause, sinceUs) : null;
    const { cap } = behaviour;
    this.capConnections =
      cap === undefined ? Number.POSITIVE_INFINITY : partOf(cap.connections, part);
    this.poolFreeUs = new Array<number>(reply.pool?.size ?? 0).fill(0);
    this.tracksIdle = behaviour.close.some((rule) => rule.idleMs !== undefined);
    this.plain =
      this.replyRules.length === 0 &&
      this.replyDelays.size === 0 &&
      this.pause === null &&
      reply.pool === undefined &&
      reply.cpuMs === 0 &&
      behaviour.memory === undefined &&
      behaviour.limits.rate === undefined &&
      behaviour.limits.buffered.over === "reset" &&
      behaviour.close.every((rule) => rule.afterMessages === undefined);
  }

  /** The rule that acts on the next reply of this kind, or null. */
  nextReply(kind: ReplyKind): ReplyRule | null {
    let chosen: ReplyRule | null = null;
    for (const rule of this.replyRules) {
      if (!rule.kinds.has(kind)) continue;
      if (rule.picker.next()) rule.owed += 1;
      if (chosen === null && rule.owed > 0) {
        rule.owed -= 1;
        chosen = rule;
      }
    }
    return chosen;
  }

  /** A reply's own delay in microseconds. */
  delayUs(kind: ReplyKind): number {
    return this.replyDelays.get(kind)?.nextUs() ?? 0;
  }

  /** When a message that came now has been served by the pool; now without one. */
  servedUs(nowUs: number): number {
    const { pool } = this.behaviour.reply;
    if (pool === undefined) return nowUs;
    let place = 0;
    for (let at = 1; at < this.poolFreeUs.length; at += 1) {
      if ((this.poolFreeUs[at] ?? 0) < (this.poolFreeUs[place] ?? 0)) place = at;
    }
    const doneUs = Math.max(nowUs, this.poolFreeUs[place] ?? 0) + 1000 * pool.serviceMs;
    this.poolFreeUs[place] = doneUs;
    return doneUs;
  }

  /** The first moment from `timeUs` on at which replies go out. */
  replyReleaseUs(timeUs: number): number {
    return this.pause === null ? timeUs : this.pause.releaseUs(timeUs);
  }

  /** The same for pongs and upgrades, which only a stall holds back. */
  stallReleaseUs(timeUs: number): number {
    if (this.pause === null || this.behaviour.pause?.mode !== "stall") return timeUs;
    return this.pause.releaseUs(timeUs);
  }

  /** What happens to the next upgrade. The cap is the caller's business. */
  nextUpgrade(nowUs: number): Admission {
    let chosen: AdmissionRule | null = null;
    for (const rule of this.admissionRules) {
      if (rule.bucket !== null) {
        if (chosen === null && !rule.bucket.take(nowUs)) chosen = rule;
        continue;
      }
      if (rule.picker?.next() === true) rule.owed += 1;
      if (chosen === null && rule.owed > 0) {
        rule.owed -= 1;
        chosen = rule;
      }
    }
    return chosen?.admission ?? ACCEPT;
  }

  /** A picker of this process's part, with draws of its own; null without a pick. */
  picker(pick: Pick | undefined): Picker | null {
    return pick === undefined ? null : new Picker(pick, this.draws(), this.part);
  }

  sampler(delay: Delay | undefined): Sampler | null {
    return delay === undefined ? null : samplerOf(delay, this.draws());
  }

  private draws(): Draws {
    this.indexes += 128;
    return { seed: this.behaviour.seed, index: this.indexes };
  }

  private makeReplyRules(): ReplyRule[] {
    const { drop, duplicate, reorder, corrupt, leak, fragment, malformed } = this.behaviour.reply;
    const rules: ReplyRule[] = [];
    type Chosen = Pick & { readonly of?: readonly ReplyKind[] | undefined };
    const add = (pick: Chosen, action: ReplyAction): void => {
      const picker = new Picker(pick, this.draws(), this.part);
      rules.push({ action, picker, kinds: new Set(pick.of ?? REPLY_KINDS), owed: 0 });
    };
    if (drop !== undefined) add(drop, { do: "drop" });
    for (const rule of malformed) add(rule, { do: "malformed", frame: rule.frame });
    if (corrupt !== undefined) add(corrupt, { do: "corrupt", place: corrupt });
    if (leak !== undefined) add(leak, { do: "leak", mode: leak.mode });
    if (duplicate !== undefined) add(duplicate, { do: "duplicate" });
    if (reorder !== undefined) add(reorder, { do: "reorder", holdUs: 1000 * reorder.holdMs });
    if (fragment !== undefined) add(fragment, { do: "fragment", parts: fragment.parts });
    return rules;
  }

  private makeReplyDelays(): Map<ReplyKind, Sampler> {
    const { delay, delayOf } = this.behaviour.reply;
    const delays = new Map<ReplyKind, Sampler>();
    const common = this.sampler(delay);
    for (const kind of REPLY_KINDS) {
      const own = this.sampler(delayOf[kind]) ?? common;
      if (own !== null) delays.set(kind, own);
    }
    return delays;
  }

  private makeAdmissionRules(): AdmissionRule[] {
    const { reset, hang, refuse, invalid } = this.behaviour.upgrade;
    const rules: AdmissionRule[] = [];
    const add = (pick: Pick | undefined, admission: Admission, perSec?: number): void => {
      if (pick === undefined && perSec === undefined) return;
      const bucket =
        perSec === undefined ? null : new TokenBucket(perSec / this.part.count, perSec);
      const picker = bucket === null ? this.picker(pick) : null;
      rules.push({ admission, picker, bucket, owed: 0 });
    };
    add(reset, { do: "reset" });
    add(hang, { do: "hang" });
    for (const rule of refuse) {
      const retryAfterSec = rule.retryAfterSec ?? null;
      const { status, abovePerSec } = rule;
      add(rule, { do: "refuse", status, retryAfterSec, byCap: false }, abovePerSec);
    }
    if (invalid !== undefined) add(invalid, { do: "invalid", what: invalid.what });
    return rules;
  }
}
