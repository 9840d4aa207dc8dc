/**
 * A behaviour made ready to decide: which reply gets which treatment, how long it takes, what happens to
 * an upgrade. A new one is made whenever the behaviour changes. Invariants: every decision depends on the
 * seed and on how many decisions came before; a rule that could not act (nobody to leak to) is owed one
 * and acts on a later event, so counts and shares stay exact.
 */
import { Buffer } from "node:buffer";
import { type Behaviour, rulesOf } from "../behaviour-schema.ts";
import type { AnswerBehaviour, AnswerEvent } from "./answer/answer-behaviour.ts";
import { ANSWER_BEHAVIOURS } from "./answer/registry.ts";
import type { BehaviourMeta } from "./behaviour-meta.ts";
import { type Sampler, samplerOf } from "./delay.ts";
import type { Delay, Pick } from "./dials.ts";
import { PauseSchedule } from "./pause.ts";
import { type Part, Picker, partOf } from "./pick.ts";
import { REPLY_BEHAVIOURS } from "./reply/registry.ts";
import type { ReplyBehaviour } from "./reply/reply-behaviour.ts";
import { REPLY_KINDS, type ReplyKind } from "./reply-kind.ts";
import type { Draws } from "./shuffle.ts";
import { TokenBucket } from "./token-bucket.ts";
import { UPGRADE_BEHAVIOURS } from "./upgrade/registry.ts";
import type { UpgradeBehaviour } from "./upgrade/upgrade-behaviour.ts";

interface Rule<B> {
  readonly behaviour: B;
  /** As the document has it. */
  readonly given: unknown;
  readonly picker: Picker;
  /** Times it was to act and has not yet. */
  owed: number;
}

export interface ReplyRule extends Rule<ReplyBehaviour> {
  readonly kinds: ReadonlySet<ReplyKind>;
  /** What a message must hold; null: any will do. */
  readonly mark: Buffer | null;
}

export interface UpgradeRule extends Rule<UpgradeBehaviour> {
  /** It acts on what comes faster than this, and picks none. */
  readonly bucket: TokenBucket | null;
}

/** Draw indexes of one process; a mixture uses the hundred after its own. */
const INDEXES_PER_PROCESS = 100_000;

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
  private readonly answerRules: readonly Rule<AnswerBehaviour>[];
  private readonly upgradeRules: readonly UpgradeRule[];
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
    this.upgradeRules = this.makeUpgradeRules();
    this.answerRules = this.rules<AnswerBehaviour>(behaviour.agent, ANSWER_BEHAVIOURS);
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
      reply.cpuMsPerKb === 0 &&
      behaviour.memory === undefined &&
      behaviour.limits.rate === undefined &&
      behaviour.limits.buffered.over === "reset" &&
      behaviour.close.every((rule) => rule.afterMessages === undefined);
  }

  /** The rule that acts on the next reply, of this kind and with this frame, or null. */
  nextReply(kind: ReplyKind, frame: Buffer): ReplyRule | null {
    let chosen: ReplyRule | null = null;
    for (const rule of this.replyRules) {
      if (!rule.kinds.has(kind)) continue;
      if (rule.mark !== null && !frame.includes(rule.mark)) continue;
      if (rule.picker.next()) rule.owed += 1;
      if (chosen === null && rule.owed > 0) {
        rule.owed -= 1;
        chosen = rule;
      }
    }
    return chosen;
  }

  /** The events of the next answer of the agent, as the rule that acts on it has them. */
  nextAnswer(plain: readonly AnswerEvent[]): readonly AnswerEvent[] {
    let events = plain;
    for (const rule of this.answerRules) {
      if (rule.picker.next()) rule.owed += 1;
      if (events !== plain || rule.owed === 0) continue;
      const changed = rule.behaviour.act(plain, rule.given);
      if (changed === null) continue;
      rule.owed -= 1;
      events = changed;
    }
    return events;
  }

  /** A reply's own delay in microseconds. */
  delayUs(kind: ReplyKind): number {
    return this.replyDelays.get(kind)?.nextUs() ?? 0;
  }

  /** When a message that came now has been served by the pool; now without one. null: it would wait too long. */
  servedUs(nowUs: number): number | null {
    const { pool } = this.behaviour.reply;
    if (pool === undefined) return nowUs;
    let place = 0;
    for (let at = 1; at < this.poolFreeUs.length; at += 1) {
      if ((this.poolFreeUs[at] ?? 0) < (this.poolFreeUs[place] ?? 0)) place = at;
    }
    const startUs = Math.max(nowUs, this.poolFreeUs[place] ?? 0);
    const waitMs = (startUs - nowUs) / 1000;
    if (pool.shedMs !== undefined && waitMs > pool.shedMs) return null;
    const { congested } = pool;
    const isCongested = congested !== undefined && waitMs > congested.aboveMs;
    const doneUs = startUs + 1000 * (isCongested ? congested.serviceMs : pool.serviceMs);
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

  /** The rule that acts on the next upgrade, or null. The cap is the caller's business. */
  nextUpgrade(nowUs: number): UpgradeRule | null {
    let chosen: UpgradeRule | null = null;
    for (const rule of this.upgradeRules) {
      if (rule.bucket !== null) {
        if (chosen === null && !rule.bucket.take(nowUs)) chosen = rule;
        continue;
      }
      if (rule.picker.next()) rule.owed += 1;
      if (chosen === null && rule.owed > 0) {
        rule.owed -= 1;
        chosen = rule;
      }
    }
    return chosen;
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
    return this.rules<ReplyBehaviour>(this.behaviour.reply, REPLY_BEHAVIOURS).map((rule) => {
      const { of = REPLY_KINDS, type } = rule.given as {
        readonly of?: readonly ReplyKind[];
        readonly type?: string;
      };
      const mark = type === undefined ? null : Buffer.from(`"type":${JSON.stringify(type)}`);
      return { ...rule, kinds: new Set(of), mark };
    });
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

  private makeUpgradeRules(): UpgradeRule[] {
    return this.rules<UpgradeBehaviour>(this.behaviour.upgrade, UPGRADE_BEHAVIOURS).map((rule) => {
      const perSec = rule.behaviour.abovePerSec(rule.given);
      const bucket =
        perSec === undefined ? null : new TokenBucket(perSec / this.part.count, perSec);
      return { ...rule, bucket };
    });
  }

  private rules<B extends { readonly meta: BehaviourMeta }>(
    section: object,
    behaviours: readonly B[],
  ): Rule<B>[] {
    return behaviours.flatMap((behaviour) =>
      rulesOf(section, behaviour.meta.name).map((given) => {
        const picker = new Picker(given, this.draws(), this.part);
        return { behaviour, given, picker, owed: 0 };
      }),
    );
  }
}
