/**
 * What targets did about faults that asked something of them: tables and data of the section of faults. Called by sections/faults.ts.
 * Invariant: what never happened has no row.
 */
import {
  ANSWERS,
  OUTCOMES,
  type Outcome,
  RIVALS,
} from "../../../shared/scenario/sections/faults/outcome.ts";
import type { Summary } from "../summary-schema.ts";
import { type Block, type Cell, code, column, type DataRow, table } from "./block.ts";
import { recordData, snake } from "./quantiles.ts";

type Fault = Pick<Summary["faults"][number], "id" | "outcomes" | "outcomeMs">;

const CONNECTIONS = [
  column("fault", "text"),
  column("what the target did", "text", "outcome"),
  column("connections"),
];
const HANDSHAKES = [
  column("fault", "text"),
  column("what the target did", "text", "outcome"),
  column("handshakes"),
  column("median time", "ms", "p50"),
  column("p99", "ms"),
  column("longest", "ms", "max"),
];

const TEXTS: Partial<Record<Outcome, string>> = {
  closedOtherwise: "closed with another code",
  reset: "cut, by RST",
  ended: "ended without a Close frame",
  answered: "went on",
  noAnswer: "nothing for 5 s",
  accepted: "accepted",
  statusOtherwise: "refused with another status",
  invalidAnswer: "answered otherwise than HTTP does",
  handshakeReset: "cut, by RST",
  handshakeEnded: "ended without an answer",
  unanswered: "no answer until its time was over",
  notConnected: "no TCP or TLS connection",
  notMade: "not made, by the generator",
  firstClosed: "closed the first connection",
  secondClosed: "closed the second connection",
  bothClosed: "closed both connections",
  neitherClosed: "left both connections open",
};

/** @param most rows */
export function outcomeTables(all: readonly Fault[], most: number): Block[] {
  const ofConnections = rowsOf(all, OUTCOMES, ({ outcomes = {} }, outcome) => [
    outcomes[outcome] ?? 0,
  ]);
  const ofHandshakes = rowsOf(
    all,
    [...ANSWERS, ...RIVALS],
    ({ outcomes = {}, outcomeMs = {} }, outcome) => {
      const { p50 = null, p99 = null, max = null } = outcomeMs[outcome] ?? {};
      return [outcomes[outcome] ?? 0, p50, p99, max];
    },
  );
  return [
    ...tableOf({ name: "What the target did", columns: CONNECTIONS, most }, ofConnections),
    ...tableOf(
      { name: "What the target did with handshakes", columns: HANDSHAKES, most },
      ofHandshakes,
    ),
  ];
}

export function outcomeData({ id, outcomes = {}, outcomeMs = {} }: Fault): DataRow[] {
  const place = { scope: "fault", name: id };
  return [
    ...recordData(place, outcomes, "fault_outcome_"),
    ...Object.entries(outcomeMs).flatMap(([outcome, times]) =>
      Object.entries(times).map(
        ([statistic, value]): DataRow => ({
          ...{ ...place, measure: `fault_outcome_${snake(outcome)}_time`, statistic },
          ...{ unit: "ms", value },
        }),
      ),
    ),
  ];
}

function rowsOf(
  all: readonly Fault[],
  outcomes: readonly Outcome[],
  cells: (fault: Fault, outcome: Outcome) => Cell[],
): Cell[][] {
  return all.flatMap((fault) =>
    outcomes.flatMap((outcome): Cell[][] => {
      if (fault.outcomes?.[outcome] === undefined) return [];
      return [[code(fault.id, 120), textOf(outcome), ...cells(fault, outcome)]];
    }),
  );
}

function tableOf(named: Parameters<typeof table>[0], rows: readonly Cell[][]): Block[] {
  return rows.length === 0 ? [] : [table(named, rows)];
}

function textOf(outcome: Outcome): string {
  const known = TEXTS[outcome];
  if (known !== undefined) return known;
  return outcome.startsWith("status")
    ? `refused with ${outcome.slice("status".length)}`
    : `closed with ${outcome.slice("closed".length)}`;
}
