/**
 * The first screen: the verdict with its reasons, what made it so, five key figures against their limits, what to do next. Invariant: who
 * reads no further knows how it went, whether to trust it, and what comes next.
 */

import type { Summary } from "../../summary-schema.ts";
import { formatSeconds } from "../../text/format.ts";
import { formatMoment } from "../../text/moment.ts";
import { capacityText } from "../../text/result-text.ts";
import {
  didNotStart,
  hasFound,
  hasNoThresholds,
  hasRegressed,
  type Reason,
  reasonsOf,
  verdictMeaning,
  verdictReasons,
  verdictWord,
} from "../../text/verdict-text.ts";
import {
  type Block,
  code,
  facts,
  list,
  type Piece,
  prose,
  type Text,
  type Tone,
} from "../block.ts";
import { causeCards, causeFacts } from "../cause-cards.ts";
import { decisionBlocks, decisionFact, untriedBlocks } from "../decision.ts";
import { keyFigures } from "../key-figures.ts";
import { nextSteps } from "../next-steps.ts";
import type { Section } from "../section.ts";
import { sentence } from "../sentence.ts";

const MAX_SENTENCES = 40;
const COMPACT_WARNINGS = 2;

export const verdict: Section = {
  meta: {
    id: "verdict",
    title: "Verdict",
    about:
      "How the run went and why; of what failed or got slower the first three causes in words, with where each lies, what speaks for and against it, and the next step ([diagnosis.md](diagnosis.md)); five key figures beside their limits, go or no-go and what would turn it around, what was not tried, and what to do next. `Invalid` means that the figures cannot be trusted: nothing else in the report says anything about the target.",
    omit: { csv: "its figures are rows of other sections" },
  },

  build(report) {
    const { summary, notes = summary.validity.notes } = report;
    const { warnings } = summary;
    const others = notes.filter((note) => !warnings.includes(note));
    const sentences = (texts: readonly string[], title: string, tone?: Tone) =>
      list(
        texts.map((one) => prose(one, 600)),
        { most: MAX_SENTENCES, title, ...(tone && { tone }) },
      );
    return [
      headline(summary),
      ...list(reasonsOf(summary).map(reasonText), { most: MAX_SENTENCES, tone: "bad" }),
      ...causeCards(report),
      ...sentences(warnings, "Warning", "warn"),
      ...(didNotStart(summary) ? [] : [{ kind: "figures" as const, items: keyFigures(report) }]),
      ...decisionBlocks(summary),
      ...list(nextSteps(report), { most: MAX_SENTENCES, title: "What to do next" }),
      ...untriedBlocks(summary),
      ...sentences(others, "Also to know"),
      verdictCase(summary),
    ];
  },

  brief({ summary }) {
    const { warnings } = summary;
    const [first, ...others] = reasonsOf(summary);
    const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
    const shown: Text[] = warnings.slice(0, COMPACT_WARNINGS).map((one) => prose(one, 300));
    if (warnings.length > shown.length) shown.push(`… and ${warnings.length - shown.length} more`);
    return [
      shortHeadline(summary),
      facts(
        ...(first === undefined
          ? []
          : [{ label: "because", text: [...reasonText(first), more], isProse: true as const }]),
        ...causeFacts(summary),
        // Of a run that failed or cannot be trusted it says nothing that the verdict does not.
        ...(summary.verdict === "pass" ? decisionFact(summary) : []),
        ...shown.map((text, at) => ({
          ...{ label: at === 0 ? "warning" : "", text },
          isProse: true as const,
        })),
      ),
    ];
  },
};

function reasonText({ what, advice }: Reason): readonly Piece[] {
  return advice === null ? [prose(what, 600)] : [prose(`${what}. `, 600), ...sentence(advice)];
}

function headline(summary: Summary): Extract<Block, { kind: "verdict" }> {
  const { verdict: judged, startedAt, exitCode, durationSeconds } = summary;
  const isUnjudged = hasNoThresholds(summary);
  const isOpen = isUnjudged || hasFound(summary);
  const isWorse = hasRegressed(summary) || hasFound(summary);
  const tones = { pass: isUnjudged ? "soft" : "good", fail: "bad", invalid: "bad" } as const;
  const isCut = judged === "interrupted" || judged === "stopped";
  const when = startedAt === null ? "never started" : formatMoment(startedAt);
  return {
    kind: "verdict",
    tone: isCut || isWorse ? "warn" : tones[judged],
    sign: isCut ? "stopped" : judged !== "pass" ? "failed" : isOpen ? "open" : "passed",
    word: verdictWord(summary),
    name: code(summary.name),
    meaning: `${verdictMeaning(summary)} Exit code ${exitCode}.`,
    place: [`${when}, ${formatSeconds(durationSeconds)}, run `, code(summary.run)],
  };
}

/** In one line. */
function shortHeadline(summary: Summary): Block {
  const { durationSeconds, run, exitCode } = summary;
  const place = [`${formatSeconds(durationSeconds)}, run `, code(run), ` (exit code ${exitCode})`];
  return { ...headline(summary), meaning: "", place };
}

function verdictCase(summary: Summary): Block {
  const { verdict: judged, capacity, warnings } = summary;
  const why = `${verdictWord(summary)}: ${verdictMeaning(summary)}`;
  const found = capacity === null ? [] : [`Capacity: ${capacityText(capacity)}.`];
  const passed = judged === "pass" || judged === "fail";
  const texts = [why, ...verdictReasons(summary), ...(passed ? [...found, ...warnings] : [])];
  return {
    kind: "cases",
    suite: "verdict",
    cases: [
      {
        className: "onrush.verdict",
        name: "the run came to a verdict",
        outcome: passed ? "passed" : "failed",
        text: texts.join(" "),
        type: didNotStart(summary) ? "did not start" : judged,
      },
    ],
  };
}
