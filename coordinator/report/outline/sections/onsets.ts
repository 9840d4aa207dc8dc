/**
 * What failed first, second, third. Invariant: an order is told only as far as the run can tell it, and is called no cause.
 */
import type { SummaryOnset } from "../../onsets/onsets-schema.ts";
import { formatMs, formatSeconds } from "../../text/format.ts";
import {
  type Bar,
  type Cell,
  code,
  column,
  datum,
  type Foreign,
  lead,
  note,
  type Piece,
  table,
} from "../block.ts";
import { momentOf } from "../moments.ts";
import type { Section } from "../section.ts";

const MOST = 40;

const COLUMNS = [
  column("place", "count"),
  column("what", "text"),
  column("since", "text"),
  column("between", "text"),
  column("on the run", "bar"),
  column("before", "text"),
  column("then", "text"),
  column("remarks", "text"),
];

export const onsets: Section = {
  meta: {
    id: "onsets",
    title: "What failed first",
    about:
      "Of a run in which failures of the target left the band they had kept to: what did so first, second and third (failures by kind, reconnects, users not served by target, latency by message), with the moments between which it did.",
  },

  build({ summary: { onsets: seen = [], durationSeconds } }) {
    if (seen.length === 0) return [];
    const firsts = seen.filter(({ place }) => place === 1);
    const wholeMs = Math.max(1, durationSeconds * 1000, ...seen.map(({ to }) => to));
    return [
      lead(
        ...firsts.flatMap((one, at): Piece[] => [joint(at, firsts.length), ...subjectOf(one)]),
        " came first, at ",
        momentOf((firsts[0]?.at ?? 0) / 1000),
        firsts.length > 1 ? "; this run cannot tell which of them was." : ".",
      ),
      table(
        { name: "What failed first", columns: COLUMNS, most: MOST, sort: false },
        seen.map((one) => row(one, wholeMs)),
      ),
      note(
        "Each is held against what it was before, by the second; the first failure of its kind is known to the moment. What has the same place cannot be distinguished in time. That one thing came before another does not make it the cause.",
      ),
      { kind: "data", rows: seen.flatMap(data) },
    ];
  },
};

/** Before the item of a list of so many. */
function joint(at: number, length: number): string {
  if (at === 0) return "";
  return at === length - 1 ? " and " : ", ";
}

function row(one: SummaryOnset, wholeMs: number): Cell[] {
  const { place, at, from, to, before, after } = one;
  return [
    place,
    subjectOf(one),
    momentOf(at / 1000),
    `${seconds(from)} to ${seconds(to)}`,
    { text: "", bar: laneOf(one, wholeMs) },
    shownOf(one, before),
    shownOf(one, after),
    remarks(one),
  ];
}

const LEAST_WIDTH = 0.006;

/** From when it had surely not left its band to when it surely had, the moment itself marked: lanes, one below the other. */
function laneOf({ at, from, to }: SummaryOnset, wholeMs: number): Bar {
  const share = (ms: number) => Math.min(1, Math.max(0, ms / wholeMs));
  const until = Math.min(1, Math.max(share(to), share(from) + LEAST_WIDTH));
  return { from: Math.min(share(from), 1 - LEAST_WIDTH), to: until, mark: share(at), colour: "c4" };
}

/** To the millisecond. */
function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(3).replace(/\.?0+$/, "")} s`;
}

function subjectOf({ what, of }: SummaryOnset): readonly (string | Foreign)[] {
  switch (what) {
    case "failure":
      return [code(of ?? "", 60)];
    case "reconnects":
      return ["reconnects"];
    case "not-served":
      return ["users not served by ", code(of ?? "", 120)];
    case "latency":
      return ["latency of ", code(of ?? "", 64)];
  }
}

function shownOf({ what }: SummaryOnset, value: number): string {
  if (what === "latency") return formatMs(value);
  return what === "not-served" ? `${three(value)} users` : `${three(value)}/s`;
}

function three(value: number): number {
  return Number(value.toPrecision(3));
}

function remarks({ phase, periodSeconds, fault }: SummaryOnset): Piece[] {
  const parts: (readonly Piece[])[] = [
    ...(phase === null ? [] : [["in ", code(phase, 64)]]),
    ...(periodSeconds === null ? [] : [[`repeats every ${formatSeconds(periodSeconds)}`]]),
    ...(fault === null ? [] : [["while fault ", code(fault, 64), " acted"]]),
  ];
  return parts.flatMap((part, at) => (at > 0 ? [", ", ...part] : part));
}

function data(one: SummaryOnset, index: number) {
  const place = {
    scope: "onset",
    name: `${index + 1} ${one.what}${one.of === null ? "" : ` ${one.of}`}`,
  };
  return [
    datum(place, "place", [one.place]),
    datum(place, "at", [one.at, "ms"]),
    datum(place, "from", [one.from, "ms"]),
    datum(place, "to", [one.to, "ms"]),
    datum(place, "period", [one.periodSeconds, "s"]),
  ];
}
