/**
 * What became of each message of the mix, also of one without a single reply, and how much was pushed. Invariant: replies
 * in time, timed out and unanswered share out the messages that want a reply.
 */

import type { Summary } from "../../summary-schema.ts";
import { formatCount } from "../../text/format.ts";
import { countsScope, receivedText } from "../../text/result-text.ts";
import {
  type Block,
  type Cell,
  code,
  column,
  type DataRow,
  heading,
  lead,
  note,
  table,
  text,
} from "../block.ts";
import { quantileCells, quantileColumns, recordData } from "../quantiles.ts";
import type { Section } from "../section.ts";

const MAX_MESSAGES = 200;
const TIMES = ["p50", "p90", "p99", "max"] as const;

const COLUMNS = [
  column("message", "text"),
  column("sent"),
  column("rate", "perSecond"),
  column("want a reply"),
  column("in time"),
  column("share", "share"),
  column("rejected"),
  column("timed out"),
  column("unanswered"),
  column("late"),
  ...quantileColumns("", TIMES).slice(1),
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
    const rows = sent.map(([name, one]) => row(name, one, summary));
    const mix: Block[] =
      rows.length === 0
        ? [text("The scenario sends no message.")]
        : [
            table({ name: "Messages", columns: COLUMNS, most: MAX_MESSAGES }, rows),
            note(
              `Counts are of the ${countsScope(summary)}. Rate: over the whole run. Rejected: the reply said that the request had failed. Unanswered: the connection ended before the reply. Late: the reply came after its time limit.`,
            ),
          ];
    return [lead(`${receivedText(summary)}.`), ...mix, ...pushed(summary), data(byName)];
  },
};

function row(name: string, one: Summary["messages"]["byName"][string], run: Summary): Cell[] {
  const { sent, expected, matched, rejected, timedOut, unanswered, late, latencyMs } = one;
  const seconds = run.durationSeconds;
  const rate = seconds > 0 ? sent / seconds : null;
  const times = quantileCells(latencyMs, TIMES).slice(1);
  if (matched === null) {
    return [
      code(name, 64),
      sent,
      rate,
      { text: "none", value: 0 },
      "",
      "",
      "",
      "",
      "",
      "",
      ...times,
    ];
  }
  const of = expected ?? sent;
  const share = of === 0 ? null : matched / of;
  const counts = [of, matched, share, rejected ?? "", timedOut, unanswered, late];
  return [code(name, 64), sent, rate, ...counts, ...times];
}

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
