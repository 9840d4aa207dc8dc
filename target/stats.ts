/**
 * What the target saw and did: the oracle's own count. Every part of the target adds to it; the HTTP
 * routes read it. Invariants: every count is exact and only grows between resets; accepted connections
 * that were open before a reset are not counted again; closed = the sum of closedByCode.
 */
import { HotHistogram, MergedHistogram } from "../shared/stats/histogram.ts";
import { type Quantiles, quantiles } from "../shared/stats/quantiles.ts";
import { systemClock } from "../shared/time/clock.ts";
import { ANSWER_BEHAVIOURS, type AnswerCount } from "./behaviour/answer/registry.ts";
import { PROCESS_BEHAVIOURS, type ProcessCount } from "./behaviour/process/registry.ts";
import { REPLY_BEHAVIOURS, type ReplyCount } from "./behaviour/reply/registry.ts";
import { UPGRADE_BEHAVIOURS, type UpgradeCount } from "./behaviour/upgrade/registry.ts";
import { PARTS, type PartCount } from "./conversation/registry.ts";
import {
  type AcceptTimes,
  acceptTimes,
  addTimelines,
  peakOpen,
  Timeline,
  type TimelineSnapshot,
} from "./timeline.ts";

/** What was done on purpose, counted when it was done and not when it was decided, beside what behaviours count. */
const OTHER_DEEDS = [
  /** Replies with a delay of their own above zero. */
  "delayed",
  /** Replies that waited for the end of a pause. */
  "paused",
  /** Replies that had to pass the pool. */
  "pooled",
  /** Replies whose connection was gone when they were due. */
  "undeliverable",
  /** Messages without a reply, because they would have waited too long for the pool. */
  "shed",
  /** Replies sent at once because too many were waiting. */
  "delayOverflow",
  /** Messages and pings left unanswered on zombie connections. */
  "silenced",
  "zombies",
  "upgradesDelayed",
  /** Connections beyond the cap: refused or accepted and closed. */
  "capped",
  "closedAfterMessages",
  "closedAfterMs",
  "closedIdle",
  "rateLimited",
  "tooBig",
  /** Replies dropped, or connections reset, because the client did not read. */
  "slowReaders",
  "blocked",
  "outages",
  /** Times that resources were taken. */
  "strained",
  "bytesKept",
  /** Messages and upgrades that cost processor time. */
  "messagesWorked",
  "upgradesWorked",
] as const;
const DEEDS = [
  ...OTHER_DEEDS,
  ...[
    ...REPLY_BEHAVIOURS,
    ...ANSWER_BEHAVIOURS,
    ...UPGRADE_BEHAVIOURS,
    ...PROCESS_BEHAVIOURS,
  ].flatMap(({ meta }): readonly Deed[] => meta.counts),
];
export type Deed =
  | (typeof OTHER_DEEDS)[number]
  | ReplyCount
  | AnswerCount
  | UpgradeCount
  | ProcessCount;

/** Counted by the login page. */
type TokenCount = "tokensIssued";

/** The plain numbers of a process; field names are those of GET /stats. */
export class Stats {
  accepted = 0;
  open = 0;
  peakOpen = 0;
  closed = 0;
  /** Ended without a Close frame either way. */
  abnormal = 0;
  messagesIn = 0;
  messagesOut = 0;
  bytesIn = 0;
  bytesOut = 0;
  pings = 0;
  pongs = 0;
  socketsAccepted = 0;
  socketsOpen = 0;
  joins = 0;
  says = 0;
  asks = 0;
  closedByCode: Record<string, number> = {};
  closedBy: Record<string, number> = { client: 0, target: 0, nobody: 0 };
  upgradesRefused: Record<string, number> = {};
  violations: Record<string, number> = {};
  violationsByRule: Record<string, number> = {};
  behaviours: Record<Deed, number> = noDeeds();
  /** What the parts of a conversation count. */
  conversation: Record<PartCount | TokenCount, number> = noTalk();
  private timeline = new Timeline(0);
  private replyTimes = new HotHistogram();

  /** A reply that was not echoed on the plain path left so long after its message had come. */
  replied(afterUs: number): void {
    this.replyTimes.record(afterUs);
  }

  connectionAccepted(): void {
    this.accepted += 1;
    this.open += 1;
    if (this.open > this.peakOpen) this.peakOpen = this.open;
    this.timeline.accepted(systemClock.wallMs());
  }

  /** `code` 1006: the transport ended without a Close frame. */
  connectionEnded(code: number, by: "client" | "target" | "nobody"): void {
    this.open -= 1;
    this.closed += 1;
    if (code === 1006) this.abnormal += 1;
    add(this.closedByCode, code);
    this.closedBy[by] = (this.closedBy[by] ?? 0) + 1;
    this.timeline.ended(systemClock.wallMs());
  }

  /** @param name one of the counts that a behaviour says it has */
  behaved(name: string, times = 1): void {
    this.behaviours[name as Deed] += times;
  }

  /** @param name one of the counts that a part says it has */
  conversed(name: string, times = 1): void {
    this.conversation[name as PartCount] += times;
  }

  upgradeRefused(status: number): void {
    add(this.upgradesRefused, status);
  }

  /** @param what the rule that was broken, in our words */
  violation(code: number, what: string): void {
    add(this.violations, code);
    this.violationsByRule[what] = (this.violationsByRule[what] ?? 0) + 1;
  }

  /** Starts counting afresh; open connections stay open and are the new peak. */
  reset(): void {
    const { open, socketsOpen } = this;
    Object.assign(this, new Stats());
    this.open = open;
    this.peakOpen = open;
    this.socketsOpen = socketsOpen;
    this.timeline = new Timeline(open);
  }

  snapshot(): StatsSnapshot {
    const { timeline, replyTimes, ...counts } = this;
    return {
      counts: structuredClone(counts) as Counts,
      timeline: timeline.snapshot(),
      replyTimes: Buffer.from(replyTimes.encode()).toString("base64"),
    };
  }
}

type CountNames = {
  [Name in keyof Stats]: Stats[Name] extends number | Record<string, number> ? Name : never;
}[keyof Stats];
type Counts = { -readonly [Name in CountNames]: Stats[Name] };

/** Plain data of one process, as it crosses to the one that was asked. */
export interface StatsSnapshot {
  readonly counts: Counts;
  readonly timeline: TimelineSnapshot;
  /** HDR V2 (compressed), microseconds, base64. */
  readonly replyTimes: string;
}

/** The group's numbers; field for field the sum, but for the peak. */
export interface StatsReport extends Counts {
  /** Processes the numbers come from. */
  processes: number;
}

/**
 * Adds up the processes of a group. The peak of one process is exact; that of several is the highest sum
 * at the end of any 100 ms.
 */
export function sumStats(snapshots: readonly StatsSnapshot[]): StatsReport {
  const sum = new Stats().snapshot().counts;
  for (const { counts } of snapshots) addCounts(sum, counts);
  const singlePeaks = snapshots.map((snapshot) => snapshot.counts.peakOpen);
  if (snapshots.length > 1) {
    const together = peakOpen(addTimelines(snapshots.map((snapshot) => snapshot.timeline)));
    sum.peakOpen = Math.max(together, sum.open, ...singlePeaks);
  }
  return { ...sum, processes: snapshots.length };
}

/** Accepts over time of the whole group. */
export function groupAcceptTimes(snapshots: readonly StatsSnapshot[]): AcceptTimes {
  return acceptTimes(addTimelines(snapshots.map((snapshot) => snapshot.timeline)));
}

/** How long replies really took here: what a client must see, but for the way there and back. */
export interface ReplyTimes {
  readonly ms: Quantiles;
  /** HDR V2 (compressed), microseconds, base64. */
  readonly histogram: string;
}

export function groupReplyTimes(snapshots: readonly StatsSnapshot[]): ReplyTimes {
  const all = new MergedHistogram();
  for (const { replyTimes } of snapshots) all.add(Buffer.from(replyTimes, "base64"));
  return { ms: quantiles(all), histogram: all.encodeBase64() };
}

function addCounts(sum: Counts, counts: Counts): void {
  const into = sum as unknown as Record<string, number | Record<string, number>>;
  for (const [name, value] of Object.entries(counts)) {
    if (typeof value === "number") {
      into[name] = ((into[name] as number | undefined) ?? 0) + value;
      continue;
    }
    const table = (into[name] ?? {}) as Record<string, number>;
    for (const [key, count] of Object.entries(value as Record<string, number>)) {
      table[key] = (table[key] ?? 0) + count;
    }
    into[name] = table;
  }
}

function add(table: Record<string, number>, key: number): void {
  table[key] = (table[key] ?? 0) + 1;
}

function noDeeds(): Record<Deed, number> {
  return Object.fromEntries(DEEDS.map((deed) => [deed, 0])) as Record<Deed, number>;
}

function noTalk(): Record<PartCount | TokenCount, number> {
  const parts = PARTS.flatMap(({ meta }): readonly string[] => meta.counts);
  return Object.fromEntries([...parts, "tokensIssued"].map((name) => [name, 0])) as Record<
    PartCount | TokenCount,
    number
  >;
}
