/**
 * Judges a simulated run by what the target saw and what the journal holds, with none of the code that made the numbers but
 * the reading of the journal. Used by storm.ts. Invariant: every difference must be covered by what the summary
 * itself declares; a run that ends without a summary is broken.
 */

import { readFacts } from "../../coordinator/merge/facts.ts";
import { RunFold } from "../../coordinator/merge/run-fold.ts";
import type { WorkerRecord } from "../../coordinator/merge/worker/worker-record.ts";
import { buildSummary } from "../../coordinator/report/summary.ts";
import type { Summary } from "../../coordinator/report/summary-schema.ts";
import type { Slice } from "../../shared/wire/slice.ts";
import { undeclared } from "../support/oracle.ts";
import type { World } from "./world.ts";

/** Turns of engines and ways to the target: a connection ends so much later than it was told to. */
const TURN_US = 150_000;
/** What is delivered so shortly before the results are merged may come after the last reading. */
const LAST_READ_US = 3_000_000;
/** What a slice lacks is opened within 2.5 s of its being taken, which the coordinator sees a little later. */
const LATE_US = 4_000_000;

export function check(world: World): string[] {
  if (world.failure !== null) return [`the run failed: ${String(world.failure)}`];
  if (world.outcome === null) return ["the run did not end"];
  const { summary } = world.outcome;
  const fold = foldOf(world);
  return [
    ...books(summary, fold, world.emptied),
    ...counts(summary, world),
    ...shares(summary, fold, world),
    ...journal(summary, fold),
    ...slices(fold),
    ...overlaps(world),
    ...deliveries(world, fold),
  ];
}

function foldOf(world: World): RunFold {
  const [header, ...records] = world.runs.runs.get("runs/r1")?.records ?? [];
  const fold = new RunFold(readFacts(header?.type === "header" ? header.header : null));
  for (const record of records) if (record.type !== "header") fold.apply(record);
  return fold;
}

function books(
  { validity, verdict, connections }: Summary,
  fold: RunFold,
  emptied: number,
): string[] {
  const broken: string[] = [];
  if (!validity.ledger.balanced) {
    broken.push(`ledger: ${JSON.stringify(validity.ledger.differences)} (${verdict})`);
  }
  // Late frames of a lost worker that the broker forgot before they were read are said to be missing.
  const lost = [...fold.merge.workers.values()].filter(({ end }) => end === "lost");
  const said = emptied > 0 && lost.length > 0 && verdict === "invalid";
  if (validity.framesMissing > 0 && !(said && [...fold.merge.workers.values()].every(whole))) {
    broken.push(`${validity.framesMissing} frames missing`);
  }
  if (connections.openAtEnd !== 0) broken.push(`${connections.openAtEnd} open at the end`);
  if (verdict === "invalid" && validity.reasons.length === 0)
    broken.push("invalid without a reason");
  return broken;
}

/** Nothing of it is missing, or it was lost. */
function whole({ end, complete }: WorkerRecord): boolean {
  return end === "lost" || complete;
}

/** What the target counted, against what is reported and what is declared as unknown. */
function counts(
  { connections, messages, lostWorkers, overrun }: Summary,
  { target }: World,
): string[] {
  let opens = 0;
  let sent = 0;
  let open = 0;
  for (const lost of lostWorkers) {
    opens += lost.opensAtMost;
    sent += lost.messagesAtMost;
    open += lost.connectionsOpen + lost.opensAtMost;
  }
  const established = connections.established + overrun.established;
  const received = messages.received + overrun.received;
  // A reply that is on its way when its connection is cut is one that did not come.
  const onItsWay = sent + open + (messages.unanswered ?? 0);
  return [
    ...undeclared("established", established, target.accepted, opens),
    ...undeclared("sent", messages.sent + overrun.sent, target.messagesIn, sent),
    ...undeclared("received", received, target.messagesOut, onItsWay),
  ];
}

/** Every session of the plan was attempted by somebody, but for those whose worker was lost or moved. */
function shares({ connections, overrun }: Summary, fold: RunFold, world: World): string[] {
  if (fold.state !== "done" || fold.end !== null || fold.merge.workers.size === 0) return [];
  const lost = [...fold.merge.workers.values()].filter(({ end }) => end === "lost");
  if (lost.some(({ loss }) => loss?.recovery === "open")) return [];
  // A slice nobody had when the run ended is said to be missing by the summary itself.
  if ([...fold.slices.slices.values()].some(({ holder }) => holder === null)) return [];
  // Nor does anybody open what came so shortly before the end.
  if (heldLate(world, fold)) return [];
  const { attempted, reconnects, planned } = connections;
  const missing = planned - fold.excusedOpens - (attempted - reconnects + overrun.attempted);
  return missing > 0 ? [`${missing} of ${planned} sessions were never attempted`] : [];
}

/** A slice was taken when there was no time left to open what it lacked. */
function heldLate({ runs }: World, { facts }: RunFold): boolean {
  return (runs.runs.get("runs/r1")?.records ?? []).some(
    (record) =>
      record.type === "event" &&
      record.event.type === "slices-held" &&
      (record.event.elapsedUs ?? 0) > facts.durationUs - LATE_US,
  );
}

function journal(summary: Summary, fold: RunFold): string[] {
  const again = buildSummary(fold);
  return JSON.stringify(again) === JSON.stringify(summary)
    ? []
    : ["the journal gives another summary"];
}

function slices(fold: RunFold): string[] {
  const broken: string[] = [];
  const endOf = ({ toUs }: Slice) => toUs ?? Number.MAX_SAFE_INTEGER;
  for (let shard = 0; shard < fold.facts.shards; shard++) {
    const of = [...fold.slices.slices.values()].flatMap(({ slice }) =>
      slice.shard === shard ? [slice] : [],
    );
    of.sort((a, b) => a.fromUs - b.fromUs || endOf(a) - endOf(b));
    let untilUs = 0;
    for (const slice of of) {
      if (slice.fromUs !== untilUs)
        broken.push(`shard ${shard}: a slice begins at ${slice.fromUs}, not ${untilUs}`);
      untilUs = endOf(slice);
    }
    if (untilUs !== Number.MAX_SAFE_INTEGER) broken.push(`shard ${shard} ends at ${untilUs}`);
  }
  return broken;
}

/** No connection of the plan is open twice at workers that both may run it. */
function overlaps({ target }: World): string[] {
  const broken: string[] = [];
  for (const [index, of] of grouped(target.seen)) {
    of.sort((a, b) => a.openedUs - b.openedUs);
    for (const [at, one] of of.slice(1).entries()) {
      const before = of[at];
      if (before === undefined) continue;
      const never = Number.MAX_SAFE_INTEGER;
      const overlapUs = Math.min(before.closedUs ?? never, one.closedUs ?? never) - one.openedUs;
      // Only of a process that stood still nobody can know when it goes on; any other has stopped by itself.
      if (overlapUs > TURN_US && !before.process.wasPaused) {
        broken.push(
          `connection ${index} open twice for ${Math.round(overlapUs / 1000)} ms: ${before.process.name} and ${one.process.name}`,
        );
      }
    }
  }
  return broken.slice(0, 5);
}

function grouped<T extends { readonly index: number }>(items: readonly T[]): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const item of items) groups.set(item.index, [...(groups.get(item.index) ?? []), item]);
  return groups;
}

/** What a worker was told is stored while the run went on, is in the journal, unless the broker forgot it since. */
function deliveries({ delivered, emptied, runs }: World, fold: RunFold): string[] {
  const { startAtUs } = fold;
  if (emptied > 0 || startAtUs === null || fold.problem !== null) return [];
  // What comes later is declared as unknown.
  const mergingUs = (runs.runs.get("runs/r1")?.records ?? []).flatMap((record) => {
    const merging =
      record.type === "event" && record.event.type === "state" && record.event.to === "merging";
    return merging ? [startAtUs + (record.event.elapsedUs ?? 0)] : [];
  });
  const readUntilUs = (mergingUs[0] ?? 0) - LAST_READ_US;
  const intime = [...delivered].filter(([, atUs]) => atUs < readUntilUs);
  const missing = intime.filter(([key]) => {
    const [epoch = 0, seq = 0] = key.split("/").map(Number);
    return !fold.merge.worker(epoch).frames.has(seq);
  });
  return missing.length === 0
    ? []
    : [
        `delivered and not in the journal: ${missing
          .slice(0, 3)
          .map(([key]) => key)
          .join(", ")}`,
      ];
}
