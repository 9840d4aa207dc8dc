/**
 * What became of the sequences of events that messages are followed by: how many were complete, how long they took and each of
 * their events, and what was wrong with the others. Invariant: nothing for a scenario without one.
 */
import type { Summary } from "../../summary-schema.ts";
import { formatCount } from "../../text/format.ts";
import { countsScope, timesScope } from "../../text/result-text.ts";
import {
  type Block,
  type Cell,
  code,
  column,
  type DataRow,
  heading,
  lead,
  note,
  table,
} from "../block.ts";
import { quantileCells, quantileColumns, recordData } from "../quantiles.ts";
import type { Section } from "../section.ts";

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

const COLUMNS = [
  column("sequence", "text"),
  column("started"),
  column("completed"),
  column("share", "share"),
  column("failed"),
  column("unjudged"),
  ...quantileColumns("", TIMES).slice(1),
];

type Sequence = Summary["sequences"][string];

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
    const sum = (of: (one: Sequence) => number) =>
      all.reduce((total, [, one]) => total + of(one), 0);
    const [completed, failed] = [sum((one) => one.completed), sum((one) => one.failed)];
    return [
      lead(
        `${formatCount(completed)} of ${formatCount(completed + failed)} sequences were complete, in order and in time.`,
      ),
      table(
        { name: "Sequences", columns: COLUMNS, most: MAX_SEQUENCES },
        all.map(([name, one]) => sequenceRow(name, one)),
      ),
      note(
        `Counts are of the ${countsScope(summary)}, times of the ${timesScope(summary)}. Times: of complete ones, from the intended time of the message to the last event. Unjudged: ended by us before its time was over.`,
      ),
      ...unfollowed(sum((one) => one.unfollowed)),
      ...violations(all),
      heading("Events"),
      events(all),
      note("Times: from the event before; of the first, from the intended time of the message."),
      { kind: "data", rows: all.flatMap(([name, one]) => dataOf(name, one)) },
    ];
  },
};

function sequenceRow(name: string, one: Sequence): Cell[] {
  const { started, completed, failed, unjudged, durationMs } = one;
  const judged = completed + failed;
  return [
    code(name, 64),
    ...[started, completed, judged === 0 ? null : completed / judged, failed, unjudged],
    ...quantileCells(durationMs, TIMES).slice(1),
  ];
}

function unfollowed(count: number): Block[] {
  if (count === 0) return [];
  const text = `${formatCount(count)} more were not followed, because too many were open at once: nothing is known of them.`;
  return [{ kind: "text", text, look: "warn" }];
}

function violations(all: readonly [string, Sequence][]): Block[] {
  const rows = all.flatMap(([name, one]) =>
    Object.entries(one.violations).map(([kind, count]): Cell[] => [
      code(name, 64),
      kind,
      count,
      MEANINGS[kind] ?? "",
    ]),
  );
  if (rows.length === 0) return [];
  const columns = [
    column("sequence", "text"),
    column("violation", "text"),
    column("count"),
    column("meaning", "text"),
  ];
  return [
    heading("Violations"),
    table({ name: "Violations", columns, keys: 2, most: MAX_EVENTS }, rows),
    note("An example of each, with the times of its events, is among the failures."),
  ];
}

function events(all: readonly [string, Sequence][]): Block {
  const columns = [
    column("sequence", "text"),
    column("event", "text"),
    column("came"),
    ...quantileColumns("timed", TIMES),
  ];
  const rows = all.flatMap(([name, one]) =>
    Object.entries(one.events).map(([event, times]): Cell[] => [
      ...[code(name, 64), code(event, 64), one.arrived[event] ?? 0],
      ...quantileCells(times, TIMES),
    ]),
  );
  return table({ name: "Events", columns, keys: 2, most: MAX_EVENTS, sort: false }, rows);
}

function dataOf(
  name: string,
  { violations: kinds, events: times, arrived, ...one }: Sequence,
): DataRow[] {
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
