/**
 * Was the generator the limit? One sentence when it was not, with the checks behind it on demand; all checks when it was.
 * Invariant: a check that was not judged says why, and is never shown as passed.
 */

import { boundText, shownValue, type ValidityCheck } from "../../model-validity.ts";
import type { Summary } from "../../summary-schema.ts";
import { formatCount, formatMs, formatSeconds, formatShare } from "../../text/format.ts";
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
  table,
} from "../block.ts";
import { quantileData } from "../quantiles.ts";
import type { Section } from "../section.ts";

const MAX_CHECKS = 40;
const SEND_LAG = "send lag p99";
const MARKS = { passed: "passed", failed: "failed", "not judged": "open" } as const;

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

  build({ summary, validity = [] }) {
    const { ledger } = summary.validity;
    const failed = validity.filter(({ outcome }) => outcome === "failed");
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
    const { validity } = summary;
    const lag = validity.sendLagMs;
    const open = validity.notJudged.find((text) => text.startsWith(SEND_LAG));
    const why = open === undefined ? "" : ` (not judged${open.slice(SEND_LAG.length)})`;
    const measured = [
      lag === null ? "send lag no data" : `${SEND_LAG} ${formatMs(lag.p99)}${why}`,
      `${formatShare(validity.deliveredShare)} of planned messages sent`,
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

function leadText(summary: Summary, checks: readonly ValidityCheck[]): string {
  if (didNotStart(summary)) return "The run did not start, so there is nothing to judge.";
  if (!summary.validity.valid) {
    return "The numbers cannot be trusted: at least one answer below is no.";
  }
  const open = checks.filter(({ outcome }) => outcome === "not judged").length;
  const rest = open === 0 ? "" : `; ${open} had too little to go by`;
  const count = checks.length === 0 ? "" : ` (${checks.length - open} checks passed${rest})`;
  return `No. The load generator kept to its plan${count}, so what follows is about the target.`;
}

function checkTable(checks: readonly ValidityCheck[]): Block {
  const words = { passed: "yes", failed: "no", "not judged": "not judged" } as const;
  const rows = checks.map((check): Cell[] => {
    const { question, measure, outcome, observed } = check;
    const tone = outcome === "passed" ? "good" : outcome === "failed" ? "bad" : "soft";
    return [
      question,
      { text: words[outcome], mark: MARKS[outcome], tone },
      `${measure}: ${shownValue(observed)}`,
      outcome === "not judged" ? (check.why ?? "") : boundText(check),
    ];
  });
  return table({ name: "Validity", columns: COLUMNS, most: MAX_CHECKS, sort: false }, rows);
}

function differences({ validity }: Summary): string {
  return Object.entries(validity.ledger.differences)
    .map(([identity, difference]) => `${identity} by ${formatCount(difference)}`)
    .join(", ");
}

function testCase(check: ValidityCheck) {
  const { question, measure, observed, outcome } = check;
  const bound = boundText(check);
  return {
    ...{ className: "onrush.validity", name: question, type: "validity" },
    outcome: outcome === "not judged" ? ("skipped" as const) : outcome,
    text: `${measure}: ${shownValue(observed)}${bound === "" ? "" : `, ${bound}`}`,
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
