/**
 * What to do next, by what came of the run. Called by the verdict section. Pure. Invariant: each step is something the
 * reader can do at once; none is a guess about the target.
 */

import type { Summary } from "../summary-schema.ts";
import { formatCount } from "../text/format.ts";
import { comparisonOf, didNotStart } from "../text/verdict-text.ts";
import { code, type Text } from "./block.ts";
import { momentOf, worstMoment } from "./moments.ts";
import type { Facts } from "./section.ts";
import { sentence } from "./sentence.ts";

const MAX_RULES = 3;

export function nextSteps(report: Facts): Text[] {
  const { summary } = report;
  if (didNotStart(summary)) return ["Remove what kept the run from starting, and run it again."];
  switch (summary.verdict) {
    case "pass":
      return passed(summary);
    case "fail":
      return failed(report);
    case "invalid":
      return invalid(summary);
    case "interrupted":
    case "stopped":
      return ["Run it to its end: a run that was cut short has no verdict."];
  }
}

function passed(summary: Summary): Text[] {
  const rules = summary.thresholds.length > 0;
  return [
    ...(rules
      ? []
      : [
          [
            "Set limits, so that a later run can fail: ",
            code('thresholds: { latency: ["p99 < 200ms"] }'),
            ".",
          ],
        ]),
    [
      "Keep this run as the baseline of the next one: ",
      code(`--baseline runs/${summary.run}`, 300),
      ".",
    ],
  ];
}

function failed(report: Facts): Text[] {
  const { summary } = report;
  const rules = summary.thresholds
    .filter(({ passed: held }) => !held)
    .slice(0, MAX_RULES)
    .flatMap((rule): Text[] => {
      const at = worstMoment(report, rule);
      if (at === null) return [];
      return [
        [
          code(`${rule.metric} ${rule.rule}`),
          ": it was worst at ",
          at,
          "; compare the charts at that moment.",
        ],
      ];
    });
  const [top] = summary.failures
    .filter(({ cause: whose }) => whose !== "injected")
    .sort((a, b) => b.count - a.count);
  const cause: Text[] =
    top === undefined
      ? []
      : [
          [
            `Most frequent failure: ${formatCount(top.count)} × `,
            code(`${top.kind} ${top.signature}`.trim(), 160),
            ", first seen at ",
            momentOf(top.firstSeen / 1000),
            ". Its samples are under Failures.",
          ],
        ];
  const worse = comparisonOf(summary)?.failed === true;
  return [
    ...rules,
    ...cause,
    ...(worse ? ["See Against the baseline for what changed and by how much."] : []),
  ];
}

function invalid(summary: Summary): Text[] {
  const probes = summary.findings.filter(({ locus }) => locus === "generator");
  if (probes.length > 0) return probes.map(({ nextProbe }) => sentence(nextProbe));
  return [
    "Remove the reasons above and run it again; until then no figure here describes the target.",
  ];
}
