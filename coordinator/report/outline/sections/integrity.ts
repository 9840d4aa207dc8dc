/**
 * What the audits of delivery found: order of numbered messages, isolation of users, each breach with both identities, and how
 * much it says that none was seen. Invariants: nothing for a run without an audit; what was not audited is called that; a
 * search that never saw a mark it should have seen proves nothing, and says so.
 */
import type { SummaryIntegrity } from "../../summary-integrity-schema.ts";
import type { Summary } from "../../summary-schema.ts";
import { countOf, formatCount, formatShare } from "../../text/format.ts";
import {
  type Block,
  type Cell,
  code,
  column,
  type DataRow,
  facts,
  heading,
  lead,
  list,
  note,
  prose,
  table,
} from "../block.ts";
import { momentOf } from "../moments.ts";
import type { Section } from "../section.ts";

const MAX_BREACHES = 200;
const MAX_ITEMS = 20;

type Isolation = NonNullable<SummaryIntegrity["isolation"]>;

const FINDINGS = [column("finding", "text"), column("messages"), column("meaning", "text")];
const BREACHES = [
  column("who got what", "text"),
  column("messages"),
  column("first seen", "text"),
  column("message", "text"),
];

export const integrity: Section = {
  meta: {
    id: "integrity",
    title: "Integrity",
    about:
      "Of a run with an audit: numbered messages that were lost, repeated or out of order, also over reconnects; messages that reached another user than theirs, each pair with the first message; how much it says that none was seen; and what was not audited ([integrity.md](integrity.md)).",
  },

  build({ summary }) {
    const audit = summary.integrity;
    if (audit === undefined) return [];
    return [
      lead(sentence(summary, audit)),
      ...findings(summary, audit),
      ...breaches(audit),
      ...list(proofs(audit), { most: MAX_ITEMS, title: "How much that says" }),
      ...list(notAudited(audit), { most: MAX_ITEMS, title: "Not audited" }),
      { kind: "data", rows: data(summary, audit) },
    ];
  },

  brief({ summary }) {
    const audit = summary.integrity;
    return audit === undefined
      ? []
      : [facts({ label: "integrity", text: sentence(summary, audit) })];
  },
};

function sentence({ messages }: Summary, { order, isolation, stamp }: SummaryIntegrity): string {
  const parts: string[] = [];
  if (isolation !== null) parts.push(`${countOf(isolation.leaked, "message")} of other users`);
  if (stamp || order !== null) {
    const { lost, duplicated, reordered } = messages;
    parts.push(
      `lost ${shown(lost)}, repeated ${shown(duplicated)}, out of order ${shown(reordered)}`,
    );
  }
  if (stamp) parts.push(`altered ${shown(messages.corrupt)}`);
  return `${parts.join("; ")}.`;
}

function shown(value: number | null): string {
  return value === null ? "not measured" : formatCount(value);
}

function findings({ messages }: Summary, { order }: SummaryIntegrity): Block[] {
  if (order === null) return [];
  const rows: Cell[][] = [
    ["numbered", order.audited, "judged by the number that their sender gave them"],
    ["lost", order.missing, "a later number came, and this one did not within 2 s"],
    ["repeated", order.repeated, "a number that had come before on this connection"],
    ["out of order", messages.reordered, "it came after a higher number of its sender"],
    [
      "missed while away",
      order.missedAway,
      "numbers used while the connection was lost; not sent later",
    ],
    ["replayed", order.replayed, "had come before the connection was lost, and came again after"],
    [
      "numberings begun anew",
      order.restarted,
      "a sender began again at 0 or 1; nothing is lost by that",
    ],
    ["not judged", order.unaudited, "too many senders and scopes at once to keep track of"],
  ];
  return [
    heading("Numbered messages"),
    table({ name: "Numbered messages", columns: FINDINGS, most: rows.length, sort: false }, rows),
    note(
      "On each connection a sender's numbers are followed from the first one heard, so what was lost before it, or after the last, is not seen.",
    ),
  ];
}

function breaches({ isolation }: SummaryIntegrity): Block[] {
  if (isolation === null || isolation.breaches.length === 0) return [];
  const rows = isolation.breaches.map(({ what, count, firstSeen, samples }): Cell[] => [
    code(what, 160),
    count,
    momentOf(firstSeen / 1000),
    code(samples[0]?.message ?? "", 500),
  ]);
  return [
    heading("Messages of other users"),
    table({ name: "Messages of other users", columns: BREACHES, most: MAX_BREACHES }, rows),
  ];
}

function proofs({ isolation }: SummaryIntegrity) {
  if (isolation === null) return [];
  return [...ownerProof(isolation), ...canaryProof(isolation)].map((text) => prose(text, 400));
}

function ownerProof({ owner }: Isolation): string[] {
  if (owner === null) return [];
  if (owner.judged === 0) {
    return [
      "No message had the fields that integrity.isolation.owner reads: it has judged nothing.",
    ];
  }
  return [`The owner rule judged ${countOf(owner.judged, "message")}${bound(owner.upperBound)}.`];
}

function canaryProof({ canary }: Isolation): string[] {
  if (canary === null) return [];
  const { searched, heardOwn, upperBound } = canary;
  const what = `${countOf(searched, "message")} searched for marks of other users${bound(upperBound)}.`;
  const control =
    heardOwn === 0
      ? "No connection ever got its own mark back, so it is not shown that one would be seen: this proves nothing."
      : `${countOf(heardOwn, "connection")} got their own mark back, so marks do come through.`;
  return [what, control];
}

function bound(upperBound: number | null): string {
  if (upperBound === null) return "";
  return `, and none was another user's: with 95 % confidence less than ${formatShare(upperBound)} are (3 / n)`;
}

function notAudited({ stamp, order, isolation }: SummaryIntegrity): string[] {
  const rows: [boolean, string][] = [
    [stamp, "Whether what came back is unaltered: integrity.stamp, for echoed binary messages."],
    [order !== null, "Loss, repetition and order of pushed messages: integrity.order."],
    [isolation?.owner != null, "Whose messages are by what they say: integrity.isolation.owner."],
    [isolation?.canary != null, "Marks of other users: integrity.isolation.canary."],
  ];
  return rows.flatMap(([isAudited, text]) => (isAudited ? [] : [text]));
}

function data({ messages }: Summary, { order, isolation }: SummaryIntegrity): DataRow[] {
  const figures: Record<string, number | null> = {
    ...(order === null ? {} : { ...order, reordered: messages.reordered }),
    ...(isolation === null ? {} : { leaked: isolation.leaked }),
    ...(isolation?.owner ? { owner_judged: isolation.owner.judged } : {}),
    ...(isolation?.canary
      ? { canary_searched: isolation.canary.searched, canary_heard_own: isolation.canary.heardOwn }
      : {}),
  };
  const of = { scope: "integrity", statistic: "count", unit: "" };
  return Object.entries(figures).map(([measure, value]) => ({ ...of, measure, value }));
}
