/**
 * What each role of a run came to. Invariant: nothing for a run without roles, whose figures are the run's; the rows sum to the
 * counts of the run.
 */
import type { Summary } from "../../summary-schema.ts";
import { countsScope } from "../../text/result-text.ts";
import {
  type Block,
  type Cell,
  code,
  column,
  type DataRow,
  heading,
  note,
  table,
} from "../block.ts";
import { quantileCells, quantileColumns, recordData } from "../quantiles.ts";
import type { Section } from "../section.ts";

const MAX_ROLES = 100;
const TIMES = ["p50", "p90", "p99", "max"] as const;

const CONNECTIONS = [
  column("role", "text"),
  column("share", "share"),
  column("of the plan"),
  ...["attempted", "established", "failed", "dropped", "reconnects"].map((name) => column(name)),
];

const MESSAGES = [
  column("role", "text"),
  ...["planned", "sent", "skipped", "received", "want a reply", "in time"].map((name) =>
    column(name),
  ),
  column("share", "share"),
  ...["timed out", "unanswered", "late"].map((name) => column(name)),
  ...quantileColumns("", TIMES).slice(1),
];

type Role = NonNullable<Summary["roles"]>[string];

export const roles: Section = {
  meta: {
    id: "roles",
    title: "Roles",
    about: "Of a run with several kinds of users: connections, messages and replies of each.",
  },

  build({ summary }) {
    const all = Object.entries(summary.roles ?? {});
    if (all.length === 0) return [];
    const connections = all.map(([name, one]) => connectionCells(name, one));
    const messages = all.map(([name, one]) => messageCells(name, one));
    return [
      table({ name: "Connections by role", columns: CONNECTIONS, most: MAX_ROLES }, connections),
      heading("Messages by role"),
      table({ name: "Messages by role", columns: MESSAGES, most: MAX_ROLES }, messages),
      note(
        `Counts are of the ${countsScope(summary)}. Of the plan: connections that have the role.`,
      ),
      data(all),
    ];
  },
};

function connectionCells(name: string, { share, connections }: Role): Cell[] {
  const { indices, attempted, established, failed, dropped, reconnects } = connections;
  return [code(name, 64), share, indices, attempted, established, failed, dropped, reconnects];
}

function messageCells(name: string, { messages }: Role): Cell[] {
  const { planned, sent, skipped, received, matched, expected, latencyMs } = messages;
  const { timedOut, unanswered, late } = messages;
  const counts = [code(name, 64), planned, sent, skipped, received];
  const times = quantileCells(latencyMs, TIMES).slice(1);
  if (matched === null)
    return [...counts, { text: "none", value: 0 }, "", "", "", "", "", ...times];
  const of = expected ?? sent;
  const share = of === 0 ? null : matched / of;
  return [...counts, of, matched, share, timedOut, unanswered, late, ...times];
}

function data(all: readonly (readonly [string, Role])[]): Block {
  const rows = all.flatMap(([name, { connections, messages }]): DataRow[] => [
    ...recordData({ scope: "role", name }, connections, "connections_"),
    ...recordData({ scope: "role", name }, messages, "messages_"),
  ]);
  return { kind: "data", rows };
}
