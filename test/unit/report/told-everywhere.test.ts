/**
 * Goal: what decides a run, and what it was made for, is told in every format alike: a check without an answer, a run that
 * did not start, a rule against the baseline, the limit that was searched for, messages without a single reply.
 */
import { parse as parseJunit } from "junit2json";
import { describe, expect, test } from "vitest";
import type { Comparison, JudgedRule } from "../../../coordinator/analysis/compare/comparison.ts";
import { summaryText } from "../../../coordinator/cli/terminal/report-text.ts";
import { makeStyle } from "../../../coordinator/cli/terminal/style.ts";
import { RunFold } from "../../../coordinator/merge/run-fold.ts";
import { buildReportModel, type ReportModel } from "../../../coordinator/report/model/model.ts";
import { renderText } from "../../../coordinator/report/outputs.ts";
import { outlineDocument } from "../../../coordinator/report/pdf/plain-pdf.ts";
import { ExitCode } from "../../../shared/errors.ts";
import { foldOf, type Told } from "../analysis/diagnosis/story.ts";
import {
  begun,
  ended,
  facts,
  goodRun,
  merge,
  SyntheticEngine,
  tell,
  threshold,
} from "../merge/synthetic-run.ts";

const around = { scenarioText: null, notes: [] };
const plain = makeStyle(false);
const FOUND = "Passed, but problems were found";
const FOUND_OPEN = "Completed, but problems were found";

/** By format, as people read it. */
function renderings(model: ReportModel): Record<string, string> {
  return {
    html: renderText("html", model),
    md: renderText("md", model),
    pdf: JSON.stringify(outlineDocument(model)),
    junit: renderText("junit", model),
    terminal: summaryText(model, "full", { style: plain }),
  };
}

async function casesOf(model: ReportModel) {
  const suites = await parseJunit(renderText("junit", model));
  if (!suites || !("testsuite" in suites)) throw new Error("no test suites were read");
  return (suites.testsuite ?? []).flatMap(({ testcase }) => testcase ?? []);
}

describe("a check that could not be judged", () => {
  /** A lag far beyond its limit, of too few messages to tell. */
  const fold = new RunFold(facts());
  const engine = new SyntheticEngine();
  begun(fold);
  merge(
    fold,
    1,
    [0, 1, 2, 3, 4, 5].map((second) =>
      engine.frame({
        second,
        final: second === 5,
        values: second === 3 ? [{ metric: "sendLag", phase: 1, us: Array(9).fill(46_000) }] : [],
      }),
    ),
  );
  ended(fold, { 1: 5 });
  const model = buildReportModel(fold, around);

  test("is neither yes nor within its limit, in any format", () => {
    const check = model.summary.judgements?.find(({ id }) => id === "generator/send-lag");
    expect(check).toMatchObject({
      outcome: "not-judged",
      evidence: [{ sentence: "9 of 1,000 messages needed" }],
    });
    const terminal = summaryText(model, "compact", { style: plain });
    for (const [format, text] of Object.entries({ ...renderings(model), terminal })) {
      expect(text, format).toContain("9 of 1,000 messages needed");
    }
    const lines = renderText("md", model).split("\n");
    expect(lines.find((line) => line.includes("Did messages leave"))).toMatch(
      /^\| .* – not judged .*46\.\d ms.* 9 of 1,000 messages needed \|$/,
    );
    expect(summaryText(model, "compact", { style: plain })).toMatch(
      /send lag p99 46\.\d ms \(not judged: 9 of 1,000 messages needed\)/,
    );
  });

  test("is a skipped test case", async () => {
    const cases = await casesOf(model);
    const found = cases.find(({ name }) => name?.startsWith("Did messages leave"));
    expect(found?.skipped).toBeDefined();
    expect(found?.failure).toBeUndefined();
  });
});

describe("a run that did not start", () => {
  const fold = new RunFold(facts({ thresholds: [threshold({})] }));
  const problem = { code: "ONRUSH_TARGET_UNREACHABLE", remedy: "Start it." } as const;
  tell(
    fold,
    { type: "problem", ...problem, message: "Nothing listens at 127.0.0.1:9." },
    { type: "state", from: "created", to: "merging" },
    { type: "state", from: "merging", to: "failed" },
  );
  const model = buildReportModel(fold, around);

  test("is called that, with its reason, in every format", () => {
    for (const [format, text] of Object.entries(renderings(model))) {
      expect(text, format).toMatch(/did not start/i);
      expect(text, format).toContain("Nothing listens at 127.0.0.1:9.");
      expect(text, format).not.toMatch(/cannot be trusted/);
    }
    expect(model.summary.reason).toBe("The run did not start: Nothing listens at 127.0.0.1:9.");
  });

  test("says it once where people read it", () => {
    const { md, terminal } = renderings(model);
    for (const text of [md, terminal]) expect(text?.split("Nothing listens")).toHaveLength(2);
  });

  test("has judged no threshold, and no check", async () => {
    expect(model.summary.thresholds).toEqual([]);
    const cases = await casesOf(model);
    const skipped = cases.filter((one) => one.skipped !== undefined);
    expect(skipped.map(({ name }) => name)).toContain("latency p99 < 200ms");
    expect(cases.filter(({ failure }) => failure !== undefined).map(({ name }) => name)).toEqual([
      "the run came to a verdict",
    ]);
    expect(cases).toHaveLength(skipped.length + 1);
  });
});

describe("rules against the baseline", () => {
  const rule = (outcome: JudgedRule["outcome"]): JudgedRule => {
    return { rule: `${outcome}>5%`, outcome, reason: "the change lies between 2 % and 9 %" };
  };
  const compared = (failed: boolean, strict?: boolean): ReportModel => {
    const model = buildReportModel(goodRun(), around);
    const outcomes = failed && !strict ? (["failed"] as const) : [];
    const rules = [...outcomes, "passed" as const, "inconclusive" as const].map(rule);
    const baseline: Partial<Comparison> = {
      ...{ schema: 1, verdict: "REGRESSED", failed, rules, rows: [], curves: [], despite: [] },
      ...{ caveats: [], a: [], b: [], ...(strict !== undefined && { strict }) },
      ...{ comparedSeconds: 10, method: { text: "By block." } as Comparison["method"] },
    };
    const verdict = failed ? ("fail" as const) : ("pass" as const);
    const held = { metric: "latency", rule: "p99 < 200ms", observed: 1, limit: 200, passed: true };
    const thresholds = [{ ...held, reason: null }];
    return { ...model, summary: { ...model.summary, verdict, baseline, thresholds } };
  };
  const colours = async (model: ReportModel) =>
    (await casesOf(model))
      .filter(({ classname }) => classname === "onrush.baseline")
      .map(({ name, failure, skipped }) => [name, failure ? "red" : skipped ? "skipped" : "green"]);

  test("are test cases: red is what fails the run", async () => {
    expect(await colours(compared(true, false))).toEqual([
      ["failed>5%", "red"],
      ["passed>5%", "green"],
      ["inconclusive>5%", "skipped"],
      ["it was compared with its baseline", "green"],
    ]);
    const strict = await colours(compared(true, true));
    expect(strict).toContainEqual(["inconclusive>5%", "red"]);
    // As comparisons were written before they said whether they were strict.
    expect(await colours(compared(true))).toContainEqual(["inconclusive>5%", "skipped"]);
  });

  test("a pass that is worse than its baseline says so in its headline", () => {
    const { html, md, pdf, terminal } = renderings(compared(false, false));
    expect(terminal?.split("\n")[0]).toContain("PASSED, but regressed");
    for (const text of [html, md, pdf]) expect(text).toContain("Passed, but regressed");
  });
});

describe("a run that passes, and is not ready", () => {
  const model = buildReportModel(goodRun(), around);
  const passing = (change: Pick<typeof model.summary, "thresholds" | "findings">) => ({
    ...model,
    summary: { ...model.summary, verdict: "pass" as const, exitCode: ExitCode.passed, ...change },
  });
  const rule = { metric: "latency", rule: "p99 < 200ms", observed: 1, limit: 200 };
  const thresholds = [{ ...rule, passed: true, reason: null }];
  const finding = {
    ...{ id: "saturation", locus: "server" as const, cause: "It is full.", confidence: "likely" },
    ...{ probability: 0.9, basis: "It fits.", evidence: [], against: [], nextProbe: "Look." },
  };

  test.each([
    ["no thresholds", { thresholds: [], findings: [] }, "Completed, no thresholds", "?"],
    ["no thresholds, and a cause", { thresholds: [], findings: [finding] }, FOUND_OPEN, "?"],
    ["a cause", { thresholds, findings: [finding] }, FOUND, "?"],
    ["thresholds that hold", { thresholds, findings: [] }, "Passed", "✓"],
    // What the decision takes no heed of changes no headline.
    [
      "a cause that is only possible",
      { thresholds, findings: [{ ...finding, confidence: "possible" }] },
      "Passed",
      "✓",
    ],
  ])("%s: says so in every headline", (_, change, word, sign) => {
    const { html, md, pdf, junit, terminal } = renderings(passing(change));
    const shouted = word.replace(/^[^,]+/, (first) => first.toUpperCase());
    expect(terminal?.split("\n")[0]).toMatch(new RegExp(`^\\${sign} ${shouted}  `));
    expect(html).toContain(`<title>${word}: `);
    for (const text of [md, pdf]) expect(text).toContain(word);
    expect(junit).toContain(`${word}: `);
  });
});

test("the answer of a search for the limit is in every format", () => {
  const model = buildReportModel(goodRun(), around);
  const capacity = {
    ...{ tested: 450, knee: null, limit: 438, sustainable: 425 },
    basis: "connections by plan; 425 held twice; 438 broke twice (only 430 were open)",
  };
  const found = { ...model, summary: { ...model.summary, capacity } };
  for (const [format, text] of Object.entries(renderings(found))) {
    for (const figure of ["sustainable", "425", "438"]) expect(text, format).toContain(figure);
  }
  const csv = renderText("csv", found);
  expect(csv).toContain("run,,,capacity_sustainable,value,connections,425\n");
  expect(csv).toContain("run,,,capacity_knee,value,connections,\n");
  expect(renderText("html", model)).not.toContain('id="capacity"');
});

test("a message without a single reply, and what was pushed, are in every report", () => {
  const model = buildReportModel(goodRun(), around);
  const { messages } = model.summary;
  const none = {
    ...{ sent: 240, expected: 240, matched: 0, rejected: null, timedOut: 186, unanswered: 54 },
    ...{ corruptReplies: 0, late: 0, latencyMs: null },
  };
  const summary = {
    ...model.summary,
    messages: { ...messages, unsolicited: 7044, byName: { ...messages.byName, silent: none } },
  };
  const { html, md, pdf, terminal } = renderings({ ...model, summary });
  for (const text of [html, md, pdf, terminal]) {
    expect(text).toContain("7,044 pushed");
    expect(text).toMatch(/silent[\s\S]{1,300}240[\s\S]{1,300}186[\s\S]{1,80}54/);
  }
  const csv = renderText("csv", { ...model, summary });
  expect(csv).toContain("message,,silent,messages_unanswered,count,,54\n");
  expect(csv).toContain("run,,,messages_unsolicited,count,,7044\n");
});

test("figures of another part of the run say which", () => {
  // Its warm-up is excluded.
  const { html, md, pdf, terminal } = renderings(buildReportModel(goodRun(), around));
  for (const text of [html, md, pdf, terminal]) {
    expect(text).toContain("whole run, excluded phases too");
    expect(text).toContain("without excluded phases");
  }
});

test("times are UTC and say so, wherever the report is rendered", () => {
  const zone = process.env["TZ"];
  const model = buildReportModel(goodRun(), around);
  try {
    process.env["TZ"] = "Asia/Kathmandu";
    expect(new Date(model.summary.startedAt ?? "").getTimezoneOffset()).toBe(-345);
    expect(renderText("junit", model)).toContain(`timestamp="${model.summary.startedAt}"`);
    expect(model.summary.startedAt).toMatch(/Z$/);
  } finally {
    if (zone === undefined) delete process.env["TZ"];
    else process.env["TZ"] = zone;
  }
});

describe("a cause that was found", () => {
  const refused = Array.from(
    { length: 6 },
    (): Told => ({
      failed: 20,
      failures: [{ kind: "tcp-refused", signature: "ECONNREFUSED", count: 20 }],
    }),
  );
  const model = buildReportModel(foldOf(refused, { connections: 20 }), around);

  test("is told with what it rests on and what to do", () => {
    const { findings } = model.summary;
    expect(findings.map(({ id }) => id)).toEqual(["service-down"]);
    for (const [format, text] of Object.entries(renderings(model))) {
      if (format === "junit") continue;
      expect(text, format).toContain("Nothing listens at the address");
      expect(text, format).toContain("no other cause fits");
      expect(text, format).toContain("onrush doctor URL");
    }
  });

  test("is a line of the short summary", () => {
    expect(summaryText(model, "compact", { style: plain })).toMatch(/cause +Nothing listens/);
  });
});
