/** Phases: what was opened, sent and measured in each. Invariant: excluded ones are called that. */

import type { Summary } from "../../summary-schema.ts";
import { formatClock } from "../../text/format.ts";
import { code, datum, type Part, part, tableOf } from "../block.ts";
import { quantileParts, recordData } from "../quantiles.ts";
import type { Section } from "../section.ts";

const MAX_PHASES = 100;

type Phase = Summary["phases"][number];

const PARTS: readonly Part<Phase>[] = [
  part("phase", "text", ({ phase, excluded }) => ({
    text: code(phase, 64),
    ...(excluded && { note: "excluded" }),
  })),
  part(
    "run time",
    "text",
    ({ from, to }) => `${formatClock(from / 1000)} to ${formatClock(to / 1000)}`,
  ),
  part("established", "count", ({ connections }) => connections.established),
  part("failed", "count", ({ connections }) => connections.failed),
  part("sent", "count", ({ messages }) => messages.sent),
  part("received", "count", ({ messages }) => messages.received),
  ...quantileParts<Phase>(null, ["p50", "p99", "max"], ({ messages }) => messages.latencyMs),
];

export const phases: Section = {
  meta: {
    id: "phases",
    title: "Phases",
    about: "Connections, messages and latency of each phase.",
  },

  build({ summary }) {
    if (summary.phases.length === 0) return [];
    return [
      tableOf({ name: "Phases", most: MAX_PHASES }, PARTS, summary.phases),
      { kind: "data", rows: summary.phases.flatMap(data) },
    ];
  },
};

function data({ phase, from, to, excluded, connections, messages }: Phase) {
  const place = { scope: "phase", phase };
  return [
    datum(place, "from", [from, "ms"]),
    datum(place, "to", [to, "ms"]),
    datum(place, "excluded", [Number(excluded), "bool"]),
    ...recordData(place, connections, "connections_"),
    ...recordData(place, messages, "messages_"),
  ];
}
