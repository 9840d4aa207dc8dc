/**
 * What became of the sequences of events that messages are followed by: how many were complete, how long they took and each of
 * their events, and what was wrong with the others. Invariant: nothing for a scenario without one.
 */
import type { Quantiles, Summary } from "../../summary-schema.ts";
import { formatCount } from "../../text/format.ts";
import { countsScope, timesScope } from "../../text/result-text.ts";
import {
  type Block,
  code,
  type DataRow,
  heading,
  lead,
  note,
  type Part,
  part,
  tableOf,
} from "../block.ts";
import { quantileParts, recordData } from "../quantiles.ts";
import type { Section } from "../section.ts";
import { sentence } from "../sentence.ts";

const MAX_SEQUENCES = 200;
const MAX_EVENTS = 1000;
const TIMES = ["p50", "p90", "p95", "p99", "max"] as const;

/** What each kind of violation means to a reader. */
const MEANINGS: Readonly<Record<string, string>> = {
  missing: "an event that had to come never did",
  neverStarted: "no event came at all",
  unexpected: "an event came that the sequence does not have",
  outOfOrder: "an event came before one that had to come first",
  repeated: "an event came more often than it may",
  tooLate: "an event came after `within` or `gap`",
  cut: "the target ended the connection before the last event",
  afterEnd: "an event came after the last one",
  orphan: "an event came whose key is none of a message of its connection",
};

type Sequence = readonly [name: string, one: Summary["sequences"][string]];

const NAME = part<readonly [name: string, ...unknown[]]>("sequence", "text", ([name]) =>
  code(name, 64),
);

const PARTS: readonly Part<Sequence>[] = [
  NAME,
  part("started", "count", ([, { started }]) => started),
  part("completed", "count", ([, { completed }]) => completed),
  part("share", "share", ([, { completed, failed }]) =>
    completed + failed === 0 ? null : completed / (completed + failed),
  ),
  part("failed", "count", ([, { failed }]) => failed),
  part("unjudged", "count", ([, { unjudged }]) => unjudged),
  ...quantileParts<Sequence>(null, TIMES, ([, { durationMs }]) => durationMs),
];

type Violation = readonly [sequence: string, kind: string, count: number];

const VIOLATIONS: readonly Part<Violation>[] = [
  NAME,
  part("violation", "text", ([, kind]) => kind),
  part("count", "count", ([, , count]) => count),
  part("meaning", "text", ([, kind]) => sentence(MEANINGS[kind] ?? "")),
];

type Event = readonly [sequence: string, event: string, came: number, times: Quantiles | null];

const EVENTS: readonly Part<Event>[] = [
  NAME,
  part("event", "text", ([, event]) => code(event, 64)),
  part("came", "count", ([, , came]) => came),
  ...quantileParts<Event>("timed", TIMES, ([, , , times]) => times),
];

export const sequences: Section = {
  meta: {
    id: "sequences",
    title: "Sequences",
    about:
      "Of messages that events follow: how many sequences were complete, how long they and each event took, and what was wrong with the others.",
  },

  build({ summary }) {
    const all = Object.entries(summary.sequences);
    if (all.length === 0) return [];
    const sum = (of: (one: Sequence[1]) => number) =>
      all.reduce((total, [, one]) => total + of(one), 0);
    const [completed, failed] = [sum((one) => one.completed), sum((one) => one.failed)];
    return [
      lead(
        `${formatCount(completed)} of ${formatCount(completed + failed)} sequences were complete, in order and in time.`,
      ),
      tableOf({ name: "Sequences", most: MAX_SEQUENCES }, PARTS, all),
      note(
        `Counts are of the ${countsScope(summary)}, times of the ${timesScope(summary)}. Times: of complete ones, from the intended time of the message to the last event. Unjudged: ended by us before its time was over.`,
      ),
      ...unfollowed(sum((one) => one.unfollowed)),
      ...unsettled(sum(openOf), summary.lostWorkers.length),
      ...violations(all),
      heading("Events"),
      events(all),
      note("Times: from the event before; of the first, from the intended time of the message."),
      { kind: "data", rows: all.flatMap(dataOf) },
    ];
  },
};

function unfollowed(count: number): Block[] {
  if (count === 0) return [];
  const text = `${formatCount(count)} more were not followed, because too many were open at once: nothing is known of them.`;
  return [{ kind: "text", text, look: "warn" }];
}

function openOf({ started, completed, failed, unjudged }: Sequence[1]): number {
  return started - completed - failed - unjudged;
}

/** What was under way when its worker was heard last; without a lost one, the ledger says that it does not balance. */
function unsettled(count: number, lostWorkers: number): Block[] {
  if (count <= 0 || lostWorkers === 0) return [];
  const text = `${formatCount(count)} more were under way on a worker that was lost: nothing is known of their end.`;
  return [{ kind: "text", text, look: "warn" }];
}

function violations(all: readonly Sequence[]): Block[] {
  const rows = all.flatMap(([name, one]) =>
    Object.entries(one.violations).map(([kind, count]): Violation => [name, kind, count]),
  );
  if (rows.length === 0) return [];
  return [
    heading("Violations"),
    tableOf({ name: "Violations", keys: 2, most: MAX_EVENTS }, VIOLATIONS, rows),
    note("An example of each, with the times of its events, is among the failures."),
  ];
}

function events(all: readonly Sequence[]): Block {
  const rows = all.flatMap(([name, { events: of, arrived }]) =>
    Object.entries(of).map(([event, times]): Event => [name, event, arrived[event] ?? 0, times]),
  );
  return tableOf({ name: "Events", keys: 2, most: MAX_EVENTS, sort: false }, EVENTS, rows);
}

function dataOf([name, whole]: Sequence): DataRow[] {
  const { violations: kinds, events: times, arrived, ...one } = whole;
  const place = { scope: "sequence", name };
  return [
    ...recordData(place, one, "sequence_"),
    ...recordData(place, kinds, "sequence_violation_"),
    ...Object.entries(times).flatMap(([event, latencyMs]) => {
      const of = { scope: "event", name: `${name}/${event}` };
      return recordData(of, { arrived: arrived[event] ?? 0, latencyMs }, "event_");
    }),
  ];
}
