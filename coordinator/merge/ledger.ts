/**
 * The ledger: the conservation laws every run's counts must obey. Pure; called by the validity check and the
 * summary. Invariant: it either balances, or names each law that does not hold with the difference.
 *
 *   attempted   = established + failed (by kind) + lost in flight
 *   established = closed (by cause) + lost with worker + open at end, and open at end = 0
 *   planned     = sent + skipped                      (*)
 *   expected    = matched + rejected + timedOut + corruptReplies + unanswered    (*)
 *   of sequences: started = completed + failed + unjudged    (*), failed = the sum of its reasons
 *   received + parts = matched + rejected + late + (duplicated - repeated) + corrupt + leaked + unsolicited + recognised
 *   missing <= lost
 *   dropped    <= closed by cause peer, abnormal, protocol or heartbeat; ambiguous <= late
 *   what is counted per message name, and in runs of several targets or roles per target or role, adds up to the phases
 *
 * (*) Workers settle these when they end a connection; for what one that never finished had not settled, the left
 * side may be larger, never smaller. A reply settles and is received in one step, so the last law is exact.
 */
import { type NameCounter, PHASE_COUNTERS, SHARD_FIELDS } from "../../shared/stats/counters.ts";
import { CONNECT_FAILURES, DROP_CAUSES } from "../../shared/stats/failure-kind.ts";
import type { Counters, RunMerge } from "./merge.ts";
import type { WorkerRecord } from "./worker/worker-record.ts";

/** Laws of single shards that are named; more of them are only counted in the totals they bend. */
const MAX_SHARD_DIFFERENCES = 20;

export interface Ledger {
  readonly balanced: boolean;
  /** Law -> left side minus right side; only laws that do not hold. */
  readonly differences: Readonly<Record<string, number>>;
  /** Attempts under way when their worker was lost. */
  readonly lostInFlight: number;
  /** Connections open when their worker was lost. */
  readonly lostWithWorker: number;
  /** Connections nobody accounts for: established, not closed, their worker neither finished nor lost. */
  readonly openAtEnd: number;
}

export function balance(merge: RunMerge): Ledger {
  const laws = new Laws();
  const shards = shardSums(merge, laws);
  const totals = merge.counters();
  connectionLaws(laws, { merge, totals, shards });
  messageLaws(laws, totals);
  partLaws(laws, merge, totals);
  sequenceLaws(laws, merge);
  for (const worker of merge.workers.values()) workerLaws(laws, worker);
  const { lostInFlight, lostWithWorker, openAtEnd } = shards;
  const balanced = Object.keys(laws.differences).length === 0;
  return { balanced, differences: laws.differences, lostInFlight, lostWithWorker, openAtEnd };
}

class Laws {
  readonly differences: Record<string, number> = {};

  /** The law holds when `difference` is 0. */
  check(law: string, difference: number): void {
    if (difference !== 0) this.differences[law] = difference;
  }
}

interface ShardSums {
  attempted: number;
  established: number;
  failed: number;
  closed: number;
  lostInFlight: number;
  lostWithWorker: number;
  openAtEnd: number;
  /** Attempts that came to nothing although their worker lived on. */
  inFlightAtEnd: number;
}

function shardSums(merge: RunMerge, laws: Laws): ShardSums {
  const sums: ShardSums = {
    attempted: 0,
    established: 0,
    failed: 0,
    closed: 0,
    lostInFlight: 0,
    lostWithWorker: 0,
    openAtEnd: 0,
    inFlightAtEnd: 0,
  };
  let named = 0;
  for (const worker of sorted(merge)) {
    const lost = worker.end === "lost";
    for (const [shard, record] of [...worker.shards].sort(([a], [b]) => a - b)) {
      for (const field of SHARD_FIELDS) if (field !== "open") sums[field] += record[field];
      const inFlight = record.attempted - record.established - record.failed;
      const open = record.established - record.closed;
      sums[lost ? "lostInFlight" : "inFlightAtEnd"] += inFlight;
      sums[lost ? "lostWithWorker" : "openAtEnd"] += open;
      if ((open === record.open && inFlight >= 0) || named++ >= MAX_SHARD_DIFFERENCES) continue;
      const where = `shard ${shard} (epoch ${worker.epoch})`;
      laws.check(`${where}: established = closed + open`, open - record.open);
      laws.check(`${where}: attempted >= established + failed`, Math.min(0, inFlight));
    }
  }
  return sums;
}

function connectionLaws(
  laws: Laws,
  run: { readonly merge: RunMerge; readonly totals: Counters; readonly shards: ShardSums },
): void {
  const { merge, totals, shards } = run;
  laws.check("attempted = established + failed + lost in flight", shards.inFlightAtEnd);
  laws.check("open at end = 0", shards.openAtEnd);
  for (const field of ["attempted", "established", "failed", "closed"] as const) {
    laws.check(`${field}: phases = shards`, totals[field] - shards[field]);
  }
  let failedByKind = 0;
  for (const kind of CONNECT_FAILURES) failedByKind += merge.failures.byKind.get(kind) ?? 0;
  laws.check("failed = sum of failed by kind", totals.failed - failedByKind);
  let closedByCause = 0;
  for (const count of merge.closes.values()) closedByCause += count;
  laws.check("closed = sum of closed by cause", totals.closed - closedByCause);
  laws.check("reconnects <= attempted", Math.max(0, totals.reconnects - totals.attempted));
  let drops = 0;
  for (const cause of DROP_CAUSES) drops += merge.closes.get(cause) ?? 0;
  laws.check("dropped <= closed by their causes", Math.max(0, totals.dropped - drops));
}

function messageLaws(laws: Laws, totals: Counters): void {
  const { matched, rejected, late, corrupt, leaked, unsolicited, recognised } = totals;
  // What its number says to be a repetition is counted as received by what else it is.
  const duplicated = totals.duplicated - totals.repeated;
  const replies = matched + rejected + late + duplicated + corrupt;
  laws.check(
    "received + parts = matched + rejected + late + (duplicated - repeated) + corrupt + leaked + unsolicited + recognised",
    totals.received + totals.parts - replies - leaked - unsolicited - recognised,
  );
  laws.check("missing <= lost", Math.max(0, totals.missing - totals.lost));
  laws.check("ambiguous <= late", Math.max(0, totals.ambiguous - totals.late));
}

/** What is counted by name, target or role adds up to what is counted by phase; as far as the run's version counted it so. */
function partLaws(laws: Laws, merge: RunMerge, totals: Counters): void {
  const { names, targets, roles } = merge;
  partLaw("message names", { table: names, parts: merge.nameCount, except: OF_NAMES });
  if (merge.roleCount > 1) partLaw("roles", { table: roles, parts: merge.roleCount });
  // Frames that have drops have rows of targets.
  if (merge.targetCount > 1 && merge.phases.has("dropped"))
    partLaw("targets", { table: targets, parts: merge.targetCount });

  function partLaw(
    what: string,
    of: {
      readonly table: typeof names | typeof targets | typeof roles;
      readonly parts: number;
      readonly except?: ReadonlySet<string>;
    },
  ): void {
    if (of.parts === 0) return;
    const sum = of.table.sum([...Array(of.parts).keys()]);
    for (const [counter, count] of Object.entries(sum)) {
      if (of.except?.has(counter) || !of.table.has(counter) || !merge.phases.has(counter)) continue;
      laws.check(`${counter} = sum over ${what}`, totals[counter] - count);
    }
  }
}

/** Of steps and sequences alone: no failed connections, no numbers that never came. */
const OF_NAMES: ReadonlySet<string> = new Set(["failed", "missing", "repeated"]);

const REASONS = [
  ...["missing", "neverStarted", "unexpected", "outOfOrder"],
  ...["repeated", "tooLate", "cut"],
] as readonly NameCounter[];

/** Every sequence that began is over at the end, unless its worker never finished. */
function sequenceLaws(laws: Laws, merge: RunMerge): void {
  if (!merge.names.has("missing")) return;
  const excused = [...merge.workers.values()].some(({ end }) => end !== "finished");
  for (const position of merge.sequences) {
    const counters = merge.names.sum(position);
    const { started, completed, failed, abandoned } = counters;
    // The counter that steps call abandoned: of a sequence, what nobody could judge.
    const open = started - completed - failed - abandoned;
    const of = `(name ${position})`;
    laws.check(`started = completed + failed + unjudged ${of}`, excused ? Math.min(0, open) : open);
    const reasons = REASONS.reduce((sum, reason) => sum + counters[reason], 0);
    laws.check(`failed = sum of its reasons ${of}`, failed - reasons);
  }
}

/** Laws that hold per worker, because what one that never finished had not settled is excused. */
function workerLaws(laws: Laws, worker: WorkerRecord): void {
  const count = (name: (typeof PHASE_COUNTERS)[number]) =>
    worker.counters[PHASE_COUNTERS.indexOf(name)] as number;
  const skipped = count("skippedNotOpen") + count("skippedBehind") + count("skippedBackpressure");
  const settled =
    count("matched") +
    count("rejected") +
    count("timedOut") +
    count("corruptReplies") +
    count("unanswered");
  const excused = worker.end !== "finished";
  const open = (difference: number) => (excused ? Math.min(0, difference) : difference);
  const of = `(${worker.id})`;
  laws.check(`planned = sent + skipped ${of}`, open(count("planned") - count("sent") - skipped));
  laws.check(
    `expected = matched + rejected + timedOut + corruptReplies + unanswered ${of}`,
    open(count("expected") - settled),
  );
  for (const { engine, what, difference } of worker.audit.differences) {
    laws.check(`${what}: merged = reported by engine ${engine} ${of}`, difference);
  }
}

/** By epoch, so that what is named does not depend on arrival. */
function sorted(merge: RunMerge): WorkerRecord[] {
  return [...merge.workers.values()].sort((a, b) => a.epoch - b.epoch);
}
