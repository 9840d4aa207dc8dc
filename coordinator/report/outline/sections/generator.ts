/**
 * Was the generator the limit? One sentence when it was not, with the checks behind it on demand; all checks when it was.
 * Invariant: a check that was not judged says why, and is never shown as passed.
 */

import type { SummaryJudgement } from "../../summary-judged-schema.ts";
import type { Summary } from "../../summary-schema.ts";
import { formatCount, formatMs, formatSeconds, formatShare, NO_DATA } from "../../text/format.ts";
import { didNotStart } from "../../text/verdict-text.ts";
import {
  type Block,
  type Cell,
  code,
  column,
  details,
  facts,
  heading,
  lead,
  type Mark,
  prose,
  type TestCase,
  table,
} from "../block.ts";
import { formatIn } from "../cells.ts";
import { momentOf } from "../moments.ts";
import { quantileData } from "../quantiles.ts";
import type { Section } from "../section.ts";

const MAX_CHECKS = 40;
const SEND_LAG = "send lag p99";
const POLLS = {
  pass: { text: "yes", mark: "passed", tone: "good" },
  warn: { text: "no", mark: "failed", tone: "bad" },
  fail: { text: "no", mark: "failed", tone: "bad" },
  "not-judged": { text: "not judged", mark: "open", tone: "soft" },
} as const;

const COLUMNS = [
  column("question", "text"),
  column("answer", "text"),
  column("observed", "text"),
  column("limit", "text"),
];

export const generator: Section = {
  meta: {
    id: "validity",
    title: "Was the generator the limit?",
    about:
      "One sentence when it was not; the checks behind it, each with what was observed beside its limit, unfold. A check that could not be judged says why ([validity.md](validity.md)).",
  },

  build({ summary }) {
    const {
      validity: { ledger },
      judgements = [],
    } = summary;
    const validity = judgements.filter(({ kind }) => kind === "validity");
    const failed = validity.filter(({ outcome }) => outcome === "fail");
    const laws = Object.entries(ledger.differences);
    const broken =
      laws.length === 0
        ? []
        : [
            heading("Counts that do not add up"),
            table(
              {
                name: "Ledger",
                columns: [column("law", "text"), column("off by")],
                most: MAX_CHECKS,
              },
              laws.map(([law, off]) => [code(law), off]),
            ),
          ];
    return [
      lead(leadText(summary, validity)),
      ...(failed.length === 0 ? [] : [checkTable(failed)]),
      ...(validity.length === 0
        ? []
        : [details(`All ${validity.length} checks`, checkTable(validity))]),
      ...broken,
      data(summary.validity),
      { kind: "cases", suite: "was the generator the limit?", cases: validity.map(testCase) },
    ];
  },

  brief({ summary }) {
    const { validity, started } = summary;
    if (!started) {
      const text = "not judged: the run did not begin";
      return [facts({ label: "validity", text, mark: "open" })];
    }
    const lag = validity.sendLagMs;
    const open = validity.notJudged.find((text) => text.startsWith(SEND_LAG));
    const why = open === undefined ? "" : ` (not judged${open.slice(SEND_LAG.length)})`;
    const measured = [
      ...(lag === null ? [] : [`${SEND_LAG} ${formatMs(lag.p99)}${why}`]),
      validity.deliveredShare === null
        ? "no messages planned"
        : `${formatShare(validity.deliveredShare)} of planned messages sent`,
      validity.ledger.balanced ? "ledger balanced" : `ledger off: ${differences(summary)}`,
      ...(validity.framesMissing > 0
        ? [`${formatCount(validity.framesMissing)} frames missing`]
        : []),
      ...(validity.maskedSeconds > 0 ? [`${formatSeconds(validity.maskedSeconds)} masked`] : []),
    ];
    const word = validity.valid ? "the generator was not the limit" : "not valid";
    const mark: Mark = validity.valid ? "passed" : "failed";
    const text = prose(`${word}: ${measured.join(", ")}`, 600);
    return [facts({ label: "validity", text, mark })];
  },
};

function leadText(summary: Summary, checks: readonly SummaryJudgement[]): string {
  if (didNotStart(summary)) return "The run did not start, so there is nothing to judge.";
  if (!summary.validity.valid) {
    return "The numbers cannot be trusted: at least one answer below is no.";
  }
  const open = checks.filter(({ outcome }) => outcome === "not-judged").length;
  const rest = open === 0 ? "" : `; ${open} had too little to go by`;
  const count = checks.length === 0 ? "" : ` (${checks.length - open} checks passed${rest})`;
  return `No. The load generator kept to its plan${count}, so what follows is about the target.`;
}

function checkTable(checks: readonly SummaryJudgement[]): Block {
  const rows = checks.map(({ question, outcome, observed, limit, evidence }): Cell[] => {
    const [at] = outcome === "fail" ? evidence.flatMap(({ seconds }) => seconds) : [];
    const value = { text: `${observed.measure}: ${valueText(observed)}` };
    return [
      question,
      POLLS[outcome],
      at === undefined ? value : { ...value, note: ["first at ", momentOf(at.from)] },
      outcome === "not-judged" ? (evidence[0]?.sentence ?? "") : limitText(limit),
    ];
  });
  return table({ name: "Validity", columns: COLUMNS, most: MAX_CHECKS, sort: false }, rows);
}

function valueText({ unit, value }: Pick<SummaryJudgement["observed"], "unit" | "value">): string {
  if (typeof value === "string" || unit === "word") return `${value}`;
  return value === null ? NO_DATA : formatIn(unit, value);
}

function limitText(limit: SummaryJudgement["limit"]): string {
  return limit === null ? "" : `at most ${valueText(limit)}`;
}

function differences({ validity }: Summary): string {
  return Object.entries(validity.ledger.differences)
    .map(([identity, difference]) => `${identity} by ${formatCount(difference)}`)
    .join(", ");
}

function testCase({ question, observed, limit, outcome, evidence }: SummaryJudgement): TestCase {
  const outcomes = {
    pass: "passed",
    warn: "failed",
    fail: "failed",
    "not-judged": "skipped",
  } as const;
  const why = evidence[0]?.sentence ?? "";
  const bound = outcome === "not-judged" ? `not judged: ${why}` : limitText(limit);
  return {
    ...{ className: "onrush.validity", name: question, type: "validity" },
    outcome: outcomes[outcome],
    text: `${observed.measure}: ${valueText(observed)}${bound === "" ? "" : `, ${bound}`}`,
  };
}

function data(validity: Summary["validity"]): Block {
  const run = { scope: "run" };
  const value = (measure: string, unit: string, is: number | null) => ({
    ...{ ...run, measure, unit, statistic: "value", value: is },
  });
  return {
    kind: "data",
    rows: [
      value("valid", "bool", Number(validity.valid)),
      value("ledger_balanced", "bool", Number(validity.ledger.balanced)),
      {
        ...run,
        measure: "frames_missing",
        statistic: "count",
        unit: "",
        value: validity.framesMissing,
      },
      value("masked", "s", validity.maskedSeconds),
      value("disturbed", "s", validity.disturbedSeconds),
      value("delivered", "share", validity.deliveredShare),
      ...quantileData(run, "send_lag", validity.sendLagMs),
    ],
  };
}
