/**
 * What the target pushed by the names of `listen`: how much, how long it took one way, and who of a scope got it. Invariant: a
 * latency stands beside the clock error it rests on, or is left out with the reason.
 */

import type { Summary } from "../../summary-schema.ts";
import { formatCount, formatShare } from "../../text/format.ts";
import {
  type Block,
  type Cell,
  type Column,
  code,
  column,
  type DataRow,
  details,
  heading,
  note,
  prose,
  type Text,
  table,
} from "../block.ts";
import { quantileCells, quantileColumns, recordData } from "../quantiles.ts";
import type { Section } from "../section.ts";

const MAX_NAMES = 200;
const MAX_UNREACHED = 20;
const TIMES = ["p50", "p90", "p99", "max"] as const;

type Push = Summary["push"][string];
type Reach = NonNullable<Push["reach"]>;
type Receivers = Pick<Reach, "messages" | "members" | "reached" | "left" | "missed" | "share"> &
  Pick<Reach, "firstMs" | "medianMs" | "lastMs" | "spreadMs">;

const RECEIVED: Column[] = [
  column("name", "text"),
  column("received"),
  column("rate", "perSecond"),
  column("scopes"),
  ...quantileColumns("timed", TIMES),
  column("clock error", "ms"),
];
const REACHED: Column[] = [
  column("messages"),
  column("receivers due"),
  column("reached"),
  column("left"),
  column("missed"),
  column("share", "share"),
];
const WHEN: Column[] = (["first", "median", "last", "spread"] as const).flatMap((which) => [
  column(`${which} p50`, "ms"),
  column(`${which} p99`, "ms"),
]);

export const push: Section = {
  meta: {
    id: "push",
    title: "Push and fan-out",
    about:
      "What the target pushed by the names of listen: how much, how long it took one way with the error of the clocks beside it, who of a scope got each message, and when its first, median and last receiver did, by the size of the scope.",
  },

  build({ summary }) {
    const named = Object.entries(summary.push);
    if (named.length === 0) return [];
    const seconds = summary.durationSeconds;
    const rows = named.map(([name, one]): Cell[] => [
      code(name, 64),
      one.received,
      seconds > 0 ? one.received / seconds : null,
      one.scopes.count,
      ...quantileCells(one.latencyMs, TIMES),
      one.clockErrorMs,
    ]);
    return [
      table({ name: "Pushed", columns: RECEIVED, most: MAX_NAMES }, rows),
      note(
        "Received: of the whole run. Times: one way, from the moment that a message says it was sent to its arrival, of the phases that count. Clock error: how far the clocks of the sender and the worker may be apart.",
      ),
      ...named.flatMap(([name, { withheld }]) => (withheld === null ? [] : [why(name, withheld)])),
      ...named.flatMap(([name, { reach }]) => (reach === null ? [] : reachBlocks(name, reach))),
      ...named.flatMap(([name, one]) => scopes(name, one)),
      { kind: "data", rows: named.flatMap(([name, one]) => data(name, one)) },
    ];
  },
};

function why(name: string, withheld: string): Block {
  const text: Text = ["The latency of ", code(name, 64), " is left out: ", prose(`${withheld}.`)];
  return { kind: "text", text, look: "warn" };
}

function reachBlocks(name: string, reach: Reach): Block[] {
  const rows = [
    ...reach.bySize.map((size): Cell[] => [sizeText(size), ...receiverCells(size)]),
    ...(reach.bySize.length > 1 ? [["all", ...receiverCells(reach)]] : []),
  ];
  const columns = [column("scope size", "text"), ...REACHED, ...WHEN];
  const shape = { name: "Reach by scope size", columns, most: rows.length, sort: false };
  return [
    heading("Who got each message"),
    { kind: "text", text: [code(name, 64), `: ${reachText(reach)}`] },
    table(shape, rows),
    note(
      "Due: connections that belonged to the scope when the message was sent. Left: closed before it came. Missed: stayed, and did not get it within 5 s of the first. First, median, last: from sending to that receiver; spread: from the first to the last.",
    ),
    ...unreached(reach),
  ];
}

function reachText({ reached, missed, others, repeated, late, oneIn, share }: Reach): string {
  const parts = [
    share === null
      ? "no message was due to anybody"
      : `${formatShare(share)} of ${formatCount(reached + missed)} deliveries that were due`,
    ...(others > 0
      ? [`${formatCount(others)} to receivers that had not belonged to the scope`]
      : []),
    ...(repeated > 0 ? [`${formatCount(repeated)} copies too many`] : []),
    ...(late > 0 ? [`${formatCount(late)} copies came too late to be counted`] : []),
    ...(oneIn > 1 ? [`one in ${formatCount(oneIn)} messages was looked at`] : []),
  ];
  return `${parts.join("; ")}.`;
}

function sizeText({ from, to }: { readonly from: number; readonly to: number }): string {
  return to <= 1 ? formatCount(to) : `${formatCount(from)} to ${formatCount(to)}`;
}

function receiverCells(of: Receivers): Cell[] {
  const { messages, members, reached, left, missed, share } = of;
  const times = [of.firstMs, of.medianMs, of.lastMs, of.spreadMs];
  const worse = missed > 0 ? ({ tone: "bad" } as const) : {};
  return [
    ...[messages, members, reached, left, { value: missed, ...worse }, share],
    ...times.flatMap((q) => [q?.p50 ?? null, q?.p99 ?? null]),
  ];
}

function unreached({ unreached: samples }: Reach): Block[] {
  if (samples.length === 0) return [];
  const columns = [
    column("scope", "text"),
    column("sent at", "seconds"),
    column("missed"),
    column("connections", "text"),
  ];
  const rows = samples.map(({ scope, sentAtMs, missed, connections }): Cell[] => [
    code(scope, 120),
    sentAtMs / 1000,
    missed,
    connections.length === 0 ? "all of a worker" : connections.map(formatIndex).join(", "),
  ]);
  return [table({ name: "Not reached", columns, most: MAX_UNREACHED, sort: false }, rows)];
}

function formatIndex(index: number): string {
  return `${index}`;
}

function scopes(name: string, { scopes: { count, top } }: Push): Block[] {
  if (count < 2 || top.length === 0) return [];
  const columns = [column("scope", "text"), column("received"), column("members")];
  const rows = top.map(({ scope, received, members }): Cell[] => [
    code(scope, 120),
    received,
    members,
  ]);
  const shape = { name: "Received by scope", columns, most: top.length, more: count - top.length };
  return [details(`Scopes of ${name}`, table(shape, rows))];
}

function data(name: string, one: Push): DataRow[] {
  const { received, latencyMs, clockErrorMs, reach } = one;
  const place = { scope: "push", name };
  const error = { ...place, measure: "push_clock_error", statistic: "value", unit: "ms" };
  return [
    ...recordData(place, { received, latencyMs }, "push_"),
    { ...error, value: clockErrorMs },
    ...(reach === null ? [] : recordData(place, reach, "push_reach_")),
  ];
}
