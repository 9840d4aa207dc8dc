/**
 * What each role of a run came to. Invariant: nothing for a run without roles, whose figures are the run's; the rows sum to the
 * counts of the run.
 */
import type { Summary } from "../../summary-schema.ts";
import { countsScope } from "../../text/result-text.ts";
import {
  type Block,
  code,
  counts,
  type DataRow,
  heading,
  note,
  type Part,
  part,
  tableOf,
} from "../block.ts";
import { quantileParts, recordData } from "../quantiles.ts";
import { replyParts } from "../replies.ts";
import type { Section } from "../section.ts";

const MAX_ROLES = 100;
const TIMES = ["p50", "p90", "p99", "max"] as const;

type Role = readonly [name: string, one: NonNullable<Summary["roles"]>[string]];

const NAME = part<Role>("role", "text", ([name]) => code(name, 64));

const CONNECTIONS: readonly Part<Role>[] = [
  NAME,
  part("share", "share", ([, { share }]) => share),
  ...counts<Role>({
    "of the plan": ([, { connections }]) => connections.indices,
    attempted: ([, { connections }]) => connections.attempted,
    established: ([, { connections }]) => connections.established,
    failed: ([, { connections }]) => connections.failed,
    dropped: ([, { connections }]) => connections.dropped,
    reconnects: ([, { connections }]) => connections.reconnects,
  }),
];

const MESSAGES: readonly Part<Role>[] = [
  NAME,
  ...counts<Role>({
    planned: ([, { messages }]) => messages.planned,
    sent: ([, { messages }]) => messages.sent,
    skipped: ([, { messages }]) => messages.skipped,
    received: ([, { messages }]) => messages.received,
  }),
  ...replyParts<Role>(([, { messages }]) => messages, ["rejected"]),
  ...quantileParts<Role>(null, TIMES, ([, { messages }]) => messages.latencyMs),
];

export const roles: Section = {
  meta: {
    id: "roles",
    title: "Roles",
    about: "Of a run with several kinds of users: connections, messages and replies of each.",
  },

  build({ summary }) {
    const all = Object.entries(summary.roles ?? {});
    if (all.length === 0) return [];
    return [
      tableOf({ name: "Connections by role", most: MAX_ROLES }, CONNECTIONS, all),
      heading("Messages by role"),
      tableOf({ name: "Messages by role", most: MAX_ROLES }, MESSAGES, all),
      note(
        `Counts are of the ${countsScope(summary)}. Of the plan: connections that have the role.`,
      ),
      data(all),
    ];
  },
};

function data(all: readonly Role[]): Block {
  const rows = all.flatMap(([name, { connections, messages }]): DataRow[] => [
    ...recordData({ scope: "role", name }, connections, "connections_"),
    ...recordData({ scope: "role", name }, messages, "messages_"),
  ]);
  return { kind: "data", rows };
}
