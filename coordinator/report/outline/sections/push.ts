/**
 * What the target pushed by the names of `listen`: how much, how long it took one way, and who of a scope got it. Invariant: a
 * latency stands beside the clock error it rests on, or is left out with the reason.
 */

import type { Summary } from "../../summary-schema.ts";
import { formatCount, formatShare } from "../../text/format.ts";
import {
  type Block,
  code,
  type DataRow,
  datum,
  details,
  heading,
  note,
  type Part,
  part,
  prose,
  type Text,
  tableOf,
} from "../block.ts";
import { quantileParts, recordData } from "../quantiles.ts";
import type { Section } from "../section.ts";

const MAX_NAMES = 200;
const MAX_UNREACHED = 20;
const TIMES = ["p50", "p90", "p99", "max"] as const;

type Push = Summary["push"][string];
type Named = readonly [name: string, one: Push];
type Reach = NonNullable<Push["reach"]>;
type Receivers = Pick<Reach, "messages" | "members" | "reached" | "left" | "missed" | "share"> &
  Pick<Reach, "firstMs" | "medianMs" | "lastMs" | "spreadMs">;

const receivedParts = (seconds: number): readonly Part<Named>[] => [
  part("name", "text", ([name]) => code(name, 64)),
  part("received", "count", ([, { received }]) => received),
  part("rate", "perSecond", ([, { received }]) => (seconds > 0 ? received / seconds : null)),
  part(
    "scopes",
    "count",
    ([
      ,
      {
        scopes: { count },
      },
    ]) => count,
  ),
  ...quantileParts<Named>("timed", TIMES, ([, { latencyMs }]) => latencyMs),
  part("clock error", "ms", ([, { clockErrorMs }]) => clockErrorMs),
];

const REACHED: readonly Part<Receivers>[] = [
  part("messages", "count", ({ messages }) => messages),
  part("receivers due", "count", ({ members }) => members),
  part("reached", "count", ({ reached }) => reached),
  part("left", "count", ({ left }) => left),
  part("missed", "count", ({ missed }) => ({
    value: missed,
    ...(missed > 0 && { tone: "bad" as const }),
  })),
  part("share", "share", ({ share }) => share),
  ...(["first", "median", "last", "spread"] as const).flatMap((which) => [
    part<Receivers>(`${which} p50`, "ms", (of) => of[`${which}Ms`]?.p50 ?? null),
    part<Receivers>(`${which} p99`, "ms", (of) => of[`${which}Ms`]?.p99 ?? null),
  ]),
];
type Sized = Receivers & { readonly size: string };
const BY_SIZE: readonly Part<Sized>[] = [
  part("scope size", "text", ({ size }) => size),
  ...REACHED,
];

const UNREACHED: readonly Part<Reach["unreached"][number]>[] = [
  part("scope", "text", ({ scope }) => code(scope, 120)),
  part("sent at", "seconds", ({ sentAtMs }) => sentAtMs / 1000),
  part("missed", "count", ({ missed }) => missed),
  part("connections", "text", ({ connections }) =>
    connections.length === 0 ? "all of a worker" : connections.join(", "),
  ),
];

const SCOPES: readonly Part<Push["scopes"]["top"][number]>[] = [
  part("scope", "text", ({ scope }) => code(scope, 120)),
  part("received", "count", ({ received }) => received),
  part("members", "count", ({ members }) => members),
];

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
    const parts = receivedParts(summary.durationSeconds);
    return [
      tableOf({ name: "Pushed", most: MAX_NAMES }, parts, named),
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
  const rows: Sized[] = [
    ...reach.bySize.map((size) => ({ ...size, size: sizeText(size) })),
    ...(reach.bySize.length > 1 ? [{ ...reach, size: "all" }] : []),
  ];
  return [
    heading("Who got each message"),
    { kind: "text", text: [code(name, 64), `: ${reachText(reach)}`] },
    tableOf({ name: "Reach by scope size", most: rows.length, sort: false }, BY_SIZE, rows),
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

function unreached({ unreached: samples }: Reach): Block[] {
  if (samples.length === 0) return [];
  return [tableOf({ name: "Not reached", most: MAX_UNREACHED, sort: false }, UNREACHED, samples)];
}

function scopes(name: string, { scopes: { count, top } }: Push): Block[] {
  if (count < 2 || top.length === 0) return [];
  const shape = { name: "Received by scope", most: top.length, more: count - top.length };
  return [details(`Scopes of ${name}`, tableOf(shape, SCOPES, top))];
}

function data(name: string, one: Push): DataRow[] {
  const { received, latencyMs, clockErrorMs, reach } = one;
  const place = { scope: "push", name };
  return [
    ...recordData(place, { received, latencyMs }, "push_"),
    datum(place, "push_clock_error", [clockErrorMs, "ms"]),
    ...(reach === null ? [] : recordData(place, reach, "push_reach_")),
  ];
}
