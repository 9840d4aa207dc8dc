/**
 * What became of each message of the mix, also of one without a single reply, and how much was pushed. Invariant: replies
 * in time, timed out and unanswered share out the messages that want a reply.
 */

import type { Summary } from "../../summary-schema.ts";
import { formatCount } from "../../text/format.ts";
import { countsScope, receivedText } from "../../text/result-text.ts";
import {
  type Block,
  code,
  type DataRow,
  heading,
  lead,
  note,
  type Part,
  part,
  tableOf,
  text,
} from "../block.ts";
import { quantileParts, recordData } from "../quantiles.ts";
import { replyParts } from "../replies.ts";
import type { Section } from "../section.ts";

const MAX_MESSAGES = 200;
const TIMES = ["p50", "p90", "p99", "max"] as const;

type Row = readonly [name: string, one: Summary["messages"]["byName"][string]];

const partsFor = (seconds: number): readonly Part<Row>[] => [
  part("message", "text", ([name]) => code(name, 64)),
  part("sent", "count", ([, { sent }]) => sent),
  part("rate", "perSecond", ([, { sent }]) => (seconds > 0 ? sent / seconds : null)),
  ...replyParts<Row>(([, one]) => one),
  ...quantileParts<Row>(null, TIMES, ([, { latencyMs }]) => latencyMs),
];

export const messages: Section = {
  meta: {
    id: "messages",
    title: "Messages",
    about:
      "What became of each message of the mix, also of one without a single reply, and how much the target pushed without being asked.",
  },

  build({ summary }) {
    const { byName } = summary.messages;
    // Steps that only wait have a section of their own.
    const sent = Object.entries(byName).filter(([, { arrived }]) => arrived === undefined);
    const parts = partsFor(summary.durationSeconds);
    const mix: Block[] =
      sent.length === 0
        ? [text("The scenario sends no message.")]
        : [
            tableOf({ name: "Messages", most: MAX_MESSAGES }, parts, sent),
            note(
              `Counts are of the ${countsScope(summary)}. Rate: over the whole run. Rejected: the reply said that the request had failed. Unanswered: the connection ended before the reply. Late: the reply came after its time limit.`,
            ),
          ];
    return [lead(`${receivedText(summary)}.`), ...mix, ...pushed(summary), data(byName)];
  },
};

/** What nobody had asked for; what `listen` names is in a section of its own. */
function pushed({ messages: { unsolicited } }: Summary): Block[] {
  if (unsolicited === 0) return [];
  return [
    heading("Pushed by the target"),
    text(`${formatCount(unsolicited)} messages came that answered no message of the mix.`),
  ];
}

function data(byName: Summary["messages"]["byName"]): Block {
  const rows = Object.entries(byName).flatMap(([name, figures]): DataRow[] =>
    recordData({ scope: "message", name }, figures, "messages_"),
  );
  return { kind: "data", rows };
}
