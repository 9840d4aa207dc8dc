/** Phases: what was opened, sent and measured in each. Invariant: excluded ones are called that. */

import type { Summary } from "../../summary-schema.ts";
import { formatClock } from "../../text/format.ts";
import { type Cell, code, column, table } from "../block.ts";
import { recordData } from "../quantiles.ts";
import type { Section } from "../section.ts";

const MAX_PHASES = 100;

const COLUMNS = [
  column("phase", "text"),
  column("run time", "text"),
  column("established"),
  column("failed"),
  column("sent"),
  column("received"),
  column("p50", "ms"),
  column("p99", "ms"),
  column("max", "ms"),
];

export const phases: Section = {
  meta: {
    id: "phases",
    title: "Phases",
    about: "Connections, messages and latency of each phase.",
  },

  build({ summary }) {
    const rows = summary.phases.map(
      ({ phase, excluded, from, to, connections, messages }): Cell[] => [
        { text: code(phase, 64), ...(excluded && { note: "excluded" }) },
        `${formatClock(from / 1000)} to ${formatClock(to / 1000)}`,
        ...[connections.established, connections.failed, messages.sent, messages.received],
        ...(["p50", "p99", "max"] as const).map((one) => messages.latencyMs?.[one] ?? null),
      ],
    );
    if (rows.length === 0) return [];
    return [
      table({ name: "Phases", columns: COLUMNS, most: MAX_PHASES }, rows),
      { kind: "data", rows: summary.phases.flatMap(data) },
    ];
  },
};

function data({ phase, from, to, excluded, connections, messages }: Summary["phases"][number]) {
  const place = { scope: "phase", phase };
  const value = (measure: string, unit: string, is: number) => ({
    ...{ ...place, measure, unit, statistic: "value", value: is },
  });
  return [
    value("from", "ms", from),
    value("to", "ms", to),
    value("excluded", "bool", Number(excluded)),
    ...recordData(place, connections, "connections_"),
    ...recordData(place, messages, "messages_"),
  ];
}
