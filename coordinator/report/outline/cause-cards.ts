/**
 * Causes as cards: what each is in words, where it lies, what speaks for and against it, what else fits, what to do next.
 * Called by the verdict section. Pure. Invariant: each piece of evidence says which file of the run directory has its
 * figures, and which seconds.
 */
import { probeKindOf } from "../../analysis/diagnosis/probe-run/registry.ts";
import { CALIBRATION } from "../../analysis/findings/calibration.ts";
import { causeTitle } from "../../analysis/findings/causes.ts";
import type { Confidence } from "../../analysis/judgement.ts";
import type { SummaryJudgement } from "../summary-judged-schema.ts";
import type { Summary } from "../summary-schema.ts";
import { shellCommand } from "../text/shell-command.ts";
import { type Block, type Card, code, type Fact, type Piece, type Text } from "./block.ts";
import { momentOf } from "./moments.ts";
import type { Facts } from "./section.ts";
import { sentence } from "./sentence.ts";

type Finding = Summary["findings"][number];
type Stretch = SummaryJudgement["evidence"][number]["seconds"][number];

/** On the first screen; the others are in summary.json, and named as what else fits. */
const MAX_CARDS = 3;
/** Of each part of a card. */
const MAX_ITEMS = 8;
/** Moments named of one piece of evidence; summary.json has all. */
const MAX_STRETCHES = 4;

/** Address of the section with the methods. */
export const METHODS_ID = "methods";
const COMPUTED: Piece = { words: "How this was computed", section: METHODS_ID };

const PLACES: Readonly<Record<Finding["locus"], string>> = {
  generator: "in the load generator",
  network: "on the network",
  server: "in the service",
  handler: "in the service, where it handles messages",
  "client-script": "in the scenario or its clients",
  unknown: "in a place that is not known",
};

export function causeCards({ summary }: Facts): Block[] {
  const { findings } = summary;
  return findings.slice(0, MAX_CARDS).map((one, at) => card(summary, one, at));
}

/** The first cause and the next step, for the compact summary; of a run that cannot be trusted, also what makes the next one so. */
export function causeFacts({ findings, verdict }: Summary): Fact[] {
  const found = findings.find(({ id }) => id !== undefined);
  const own = findings.find(({ locus }) => verdict === "invalid" && locus === "generator");
  const what: Fact[] =
    found === undefined
      ? []
      : [
          {
            label: "cause",
            text: [...sentence(found.cause.replace(/\.$/, "")), ` (${placeOf(found)}).`],
            isProse: true,
          },
        ];
  const steps = [...new Set([found, own])].flatMap((one): Fact[] =>
    one === undefined
      ? []
      : [
          {
            label: one === own ? "fix" : "next step",
            text: sentence(one.nextProbe),
            isProse: true,
          },
        ],
  );
  return [...what, ...steps];
}

function card(summary: Summary, one: Finding, at: number): Card {
  // Once is enough.
  const others = at === 0 ? summary.findings.slice(1) : [];
  const parts: Card["parts"] = [
    { label: "evidence", items: evidenceOf(summary, at) },
    { label: "check it", items: commandOf(summary, one) },
    { label: "against", items: one.against.map((text) => sentence(text)) },
    { label: "also found", items: others.map((other) => `${titleOf(other)} (${placeOf(other)})`) },
    { label: "probe run", items: probeRunOf(one) },
    { label: "how sure", items: [[...sentence(one.basis), COMPUTED], ...statedOf(one)] },
  ];
  return {
    kind: "card",
    title: titleOf(one),
    place: placeOf(one),
    sentence: sentence(one.cause),
    next: sentence(one.nextProbe),
    parts: parts
      .filter(({ items }) => items.length > 0)
      .map(({ label, items }) => ({ label, items: shortened(items) })),
    open: at === 0,
  };
}

function shortened(items: readonly Text[]): readonly Text[] {
  const more = items.length - MAX_ITEMS;
  return more <= 0 ? items : [...items.slice(0, MAX_ITEMS), `${more} more, in summary.json`];
}

/** Of a finding without a single cause where it lies is what is known. */
function titleOf({ id, locus }: Finding): string {
  const words = causeTitle(id) ?? `trouble ${PLACES[locus]}`;
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

/** What else fits, by the word of `confidence`; how often that was right is a question of its own. */
const FITS: Readonly<Record<string, string>> = {
  certain: "no other cause fits",
  likely: "few other causes fit",
  possible: "other causes fit, too",
} satisfies Record<Confidence, string>;

/** "in the service; other causes fit, too; right about 94 times in 100" */
function placeOf({ locus, confidence, probability }: Finding): string {
  // A coordinator of an earlier build states none.
  const right =
    typeof probability === "number" ? `; right about ${outOf100(probability)} times in 100` : "";
  return `${PLACES[locus]}; ${FITS[confidence] ?? confidence}${right}`;
}

function outOf100(probability: number): string {
  return `${Math.round(100 * probability)}`;
}

/** The run that would tell it from others. */
function probeRunOf({ probe }: Finding): Text[] {
  const kind = probeKindOf(probe ?? "");
  if (kind === undefined) return [];
  return [
    [
      code("--auto-probe"),
      " of ",
      code("onrush run"),
      " and ",
      code("onrush submit"),
      ` makes one with ${kind.change}: ${kind.doc}.`,
    ],
  ];
}

/** What the number is. */
function statedOf({ id, probability }: Finding): Text[] {
  if (typeof probability !== "number") return [];
  const isTried = id !== undefined && id in CALIBRATION.causes;
  return [
    `Of 100 causes that are as well supported as this one, about ${outOf100(probability)} were right in runs against servers with faults of known cause${isTried ? "" : "; this cause was not among these faults"}.`,
  ];
}

/** Each with where its figures are. */
function evidenceOf({ findings, judgements = [] }: Summary, at: number): Text[] {
  // Findings are these judgements, in their order.
  const judged = judgements.filter(({ kind, outcome }) => kind === "finding" && outcome === "fail")[
    at
  ];
  const sentences = findings[at]?.evidence ?? [];
  return sentences.map((one, place): Text => {
    const seconds = judged?.evidence[place]?.seconds ?? [];
    return [...sentence(one), " ", ...sourceOf(seconds)];
  });
}

/** What computes the evidence again. */
function commandOf({ run }: Summary, { id }: Finding): Text[] {
  const words = ["onrush", "evidence", `runs/${run}`, ...(id === undefined ? [] : [id])];
  return [[code(shellCommand(words)), " computes it again from the run's journal"]];
}

/** Where the figures of a piece of evidence are: rows of timeline.csv, else judgements. */
function sourceOf(seconds: readonly Stretch[]): Piece[] {
  if (seconds.length === 0) return ["(", code("summary.json"), ", judgements)"];
  const shown = seconds.slice(0, MAX_STRETCHES);
  const moments = shown.flatMap(({ from }, at): Piece[] =>
    at === 0 ? [momentOf(from)] : [", ", momentOf(from)],
  );
  const rows = shown.map(({ from, to }) => (to - from > 1 ? `${from} to ${to - 1}` : `${from}`));
  const more = seconds.length > shown.length ? " and more" : "";
  const isOne = rows.length === 1 && rows[0] === `${seconds[0]?.from}`;
  const places = `, second${isOne ? "" : "s"} ${rows.join(", ")}${more})`;
  return ["(at ", ...moments, more, "; ", code("timeline.csv"), places];
}
