/**
 * The report as an outline, in the order of a reader's questions. Called by the Markdown and the plain PDF renderer.
 * Invariant: what people decide by comes first and is never folded.
 */
import { formatSeconds } from "../format.ts";
import type { ReportModel } from "../model.ts";
import { formatMoment } from "../moment.ts";
import { verdictMeaning, verdictWord } from "../verdict-text.ts";
import { type Block, code, list, prose, type Section, text } from "./block.ts";
import { failuresSection, phasesSection, workersSection } from "./detail-sections.ts";
import {
  baselineSection,
  capacitySection,
  latencySection,
  messagesSection,
  numbersSection,
  thresholdsSection,
  validitySection,
} from "./result-sections.ts";

const MAX_SENTENCES = 20;

export interface Outline {
  readonly verdict: ReportModel["summary"]["verdict"];
  /** "Passed" and so on. */
  readonly word: string;
  /** The scenario's; foreign. */
  readonly name: string;
  readonly opening: readonly Block[];
  readonly sections: readonly Section[];
}

export function outlineOf(model: ReportModel): Outline {
  const { summary } = model;
  const baseline = baselineSection(model);
  const capacity = capacitySection(model);
  return {
    verdict: summary.verdict,
    word: verdictWord(summary),
    name: summary.name,
    opening: opening(model),
    sections: [
      { title: "Thresholds", blocks: thresholdsSection(model) },
      ...(baseline.length > 0 ? [{ title: "Against the baseline", blocks: baseline }] : []),
      { title: "Was the generator the limit?", blocks: validitySection(model) },
      ...(capacity.length > 0 ? [{ title: "Capacity", blocks: capacity }] : []),
      { title: "Key numbers", blocks: numbersSection(model) },
      { title: "Messages", blocks: messagesSection(model) },
      { title: "Latency", blocks: latencySection(model) },
      { title: "Failures", blocks: failuresSection(model) },
      { title: "Phases", blocks: phasesSection(model) },
      { title: "Workers", blocks: workersSection(model) },
      { title: "Run it again", blocks: againSection(model) },
    ],
  };
}

function opening({ summary, reasons, notes }: ReportModel): Block[] {
  const when = summary.startedAt === null ? "never started" : formatMoment(summary.startedAt);
  const blocks = [
    text(`${verdictMeaning(summary)} Exit code ${summary.exitCode}.`),
    text("Run ", code(summary.run), `, ${when}, ${formatSeconds(summary.durationSeconds)}.`),
  ];
  const sentences = (texts: readonly string[]) =>
    list(
      texts.map((one) => prose(one)),
      MAX_SENTENCES,
    );
  if (reasons.length > 0) blocks.push(sentences(reasons));
  const { warnings } = summary;
  const others = notes.filter((note) => !warnings.includes(note));
  if (warnings.length > 0) blocks.push(text("Warning:"), sentences(warnings));
  if (others.length > 0) blocks.push(text("Also to know:"), sentences(others));
  return blocks;
}

function againSection({ origin }: ReportModel): Block[] {
  const blocks = [text(code(origin.commandLine, 2000))];
  if (origin.incompleteCommand) {
    blocks.push(text("Values shown as ", code("***"), " are not kept; put them in."));
  }
  const plan = code(origin.planHash.slice(0, 16));
  return [...blocks, text(`Seed ${origin.seed}, plan `, plan, ".")];
}
