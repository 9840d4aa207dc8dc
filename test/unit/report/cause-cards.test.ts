/**
 * Goal: who reads the first screen knows the cause in words, where it lies, what speaks for it with the place of its figures, and the
 * next step, in every format that people read; and where failures are, as shares. Method: stored journals of real runs.
 */
import { expect, test } from "vitest";
import { IMPLIED_RULES } from "../../../coordinator/analysis/rules/implied-rule.ts";
import { summaryText } from "../../../coordinator/cli/terminal/report-text.ts";
import { makeStyle } from "../../../coordinator/cli/terminal/style.ts";
import type { Card } from "../../../coordinator/report/outline/block.ts";
import { outlineOf } from "../../../coordinator/report/outline/outline.ts";
import { renderText } from "../../../coordinator/report/outputs.ts";
import { sectionNodes } from "../../../coordinator/report/pdf/plain-pdf.ts";
import { rebuildRun } from "../../../coordinator/report/rebuild.ts";
import { storedDirectories } from "../../support/stored-journals.ts";

async function modelOf(run: string) {
  using directories = storedDirectories();
  return (await rebuildRun(directories.of(run))).model;
}

const severalTargets = await modelOf("several-targets");
const integrity = await modelOf("integrity");

function cardsOf(model: typeof integrity): Card[] {
  const [first] = outlineOf(model, "html");
  return first?.blocks.filter((block) => block.kind === "card") ?? [];
}

test("the first three causes are cards, the first one open, which names all others", () => {
  const cards = cardsOf(integrity);
  const [first, second, third] = integrity.summary.findings.map(
    ({ probability }) => `${Math.round(100 * (probability ?? Number.NaN))}`,
  );
  const how = (right = "") =>
    `in the service; no other cause fits; right about ${right} times in 100`;
  expect(cards.map(({ title, place, open }) => [title, place, open])).toEqual([
    ["Messages come twice", how(first), true],
    ["Messages are altered", how(second), false],
    ["Messages reach other users", how(third), false],
  ]);
  const stated = cards[0]?.parts.find(({ label }) => label === "how sure")?.items[1];
  expect(stated).toContain(`, about ${first?.split(" ")[0]} were right in runs against servers`);
  const found = cards[0]?.parts.find(({ label }) => label === "also found")?.items;
  expect(found).toHaveLength(integrity.summary.findings.length - 1);
});

test.each([
  ["certain", "no other cause fits"],
  ["likely", "few other causes fit"],
  ["possible", "other causes fit, too"],
])("%s says what else fits, and the number how often it was right", (confidence, fits) => {
  const { summary } = integrity;
  const placeOf = (change: object) => {
    const [first] = summary.findings.map((one) => ({ ...one, confidence, ...change }));
    const findings = first === undefined ? [] : [first];
    return cardsOf({ ...integrity, summary: { ...summary, findings } })[0]?.place;
  };
  const right = `in the service; ${fits}; right about 94 times in 100`;
  expect(placeOf({ probability: 0.94 })).toBe(right);
  // As of findings that name no cause, and of summaries of earlier builds.
  expect(placeOf({ probability: null })).toBe(`in the service; ${fits}`);
});

test("evidence says which seconds of timeline.csv have its figures", () => {
  const [card] = cardsOf(severalTargets);
  const evidence = card?.parts.find(({ label }) => label === "evidence");
  expect(JSON.stringify(evidence)).toContain("timeline.csv");
  expect(JSON.stringify(evidence)).toContain(", seconds 1 to 5)");
});

test("what a card has no room for is said to be elsewhere", () => {
  const { summary } = integrity;
  const [first] = summary.findings;
  if (first === undefined) throw new Error("there is no finding");
  const evidence = Array.from({ length: 11 }, (_, at) => `evidence ${at}`);
  const findings = Array.from({ length: 12 }, () => ({ ...first, evidence }));
  const [card] = cardsOf({ ...integrity, summary: { ...summary, findings } });
  const itemsOf = (label: string) => card?.parts.find((part) => part.label === label)?.items ?? [];
  expect(itemsOf("also found").at(-1)).toBe("3 more, in summary.json");
  expect(itemsOf("evidence").at(-1)).toBe("3 more, in summary.json");
  expect(itemsOf("evidence")).toHaveLength(9);
});

test("two findings of one sentence have their own evidence", () => {
  const { summary } = severalTargets;
  const [finding] = summary.findings;
  const judged = summary.judgements?.find(
    ({ kind, outcome }) => kind === "finding" && outcome === "fail",
  );
  if (finding === undefined || judged === undefined) throw new Error("there is no finding");
  const later = judged.evidence.map((one) => ({ ...one, seconds: [{ from: 40, to: 42 }] }));
  const cards = cardsOf({
    ...severalTargets,
    summary: {
      ...summary,
      findings: [finding, finding],
      judgements: [judged, { ...judged, evidence: later }],
    },
  });
  const evidence = cards.map(({ parts }) =>
    JSON.stringify(parts.find(({ label }) => label === "evidence")),
  );
  expect(evidence[0]).toContain(", seconds 1 to 5)");
  expect(evidence[1]).toContain(", seconds 40 to 41)");
});

test("every format for people has title, place, evidence and the next step", () => {
  const [card] = cardsOf(severalTargets);
  const { nextProbe, evidence } = severalTargets.summary.findings[0] ?? { evidence: [] };
  // Code is marked in each format in its own way, and not at all in a terminal.
  const oneLine = (text = "") =>
    text
      .replace(/\s+/g, " ")
      .replace(/<\/?code[^>]*>|`|\{"text":"|","font":"Courier"\}/g, "")
      .replaceAll('","', "");
  const [verdict] = outlineOf(severalTargets, "pdf");
  const texts = {
    html: renderText("html", severalTargets),
    md: renderText("md", severalTargets).replaceAll("\\", ""),
    terminal: summaryText(severalTargets, "full", { style: makeStyle(false), columns: 80 }),
    pdf: verdict === undefined ? "" : JSON.stringify(sectionNodes(verdict)),
  };
  for (const [format, text] of Object.entries(texts)) {
    for (const part of [card?.title, card?.place, nextProbe, evidence[0]?.slice(0, 60)]) {
      expect(part).toBeTruthy();
      expect(oneLine(text), format).toContain(oneLine(part));
    }
  }
  expect(texts.terminal.split("\n").filter((line) => line.length > 80)).toEqual([]);
});

test("code in a sentence is shown as code, and a backtick of the target is a backtick", () => {
  const { summary } = severalTargets;
  const [first] = summary.findings;
  if (first === undefined) throw new Error("there is no finding");
  const nextProbe = "Try `onrush probe | head`, then `ping` it.";
  const found = {
    ...{ ...first, cause: "It ends after `say <b>`.", nextProbe, against: ["No `pings`."] },
    evidence: ["Of `join` none."],
  };
  const decision = summary.decision && {
    ...summary.decision,
    ...{ word: "undecided" as const, reason: "Something was found: `x` is slow." },
    risks: [{ id: "r", sentence: "Not tried: `find-limit`." }],
  };
  const warnings = ["The environment is not as it should be: HTTP 500 `id`"];
  const told = { ...summary, findings: [found], warnings, ...(decision && { decision }) };
  const model = { ...severalTargets, summary: told };
  const html = renderText("html", model);
  const codes = [
    "onrush probe | head",
    "ping",
    "say &lt;b&gt;",
    "pings",
    "join",
    "x",
    "find-limit",
  ];
  for (const one of codes) expect(html).toContain(`<code dir="auto">${one}</code>`);
  expect(html).toContain("HTTP 500 `id`");
  const md = renderText("md", model);
  expect(md).toContain("Try `onrush probe | head`, then `ping` it.");
  expect(md).toContain("It ends after `say <b>`.");
  expect(md).toContain("HTTP 500 \\`id\\`");
  const terminal = summaryText(model, "full", { style: makeStyle(false), columns: 80 });
  expect(terminal).toContain("Try onrush probe | head, then ping it.");
  expect(terminal).toContain("HTTP 500 `id`");
  const [verdict] = outlineOf(model, "pdf");
  const pdf = JSON.stringify(verdict === undefined ? [] : sectionNodes(verdict));
  for (const one of ["onrush probe | head", "ping", "say <b>", "join"]) {
    expect(pdf).toContain(JSON.stringify({ text: one, font: "Courier" }));
  }
  expect(pdf).toContain("HTTP 500 `id`");
});

test("a reason says what to do in code, and what failed as it came", () => {
  const { summary } = severalTargets;
  const rule = {
    ...{ metric: "messages", rule: IMPLIED_RULES.answered, observed: 0, limit: 0, passed: false },
    reason: "the target said `no`",
  };
  const told = { ...summary, verdict: "fail" as const, thresholds: [rule] };
  const html = renderText("html", { ...severalTargets, summary: told });
  expect(html).toContain("the target said `no`");
  expect(html).toContain('<code dir="auto">--rate 0/s</code>');
});

test("sentences of the compact summary are read in 80 columns, in a pipe, too", () => {
  for (const columns of [undefined, 200]) {
    const text = summaryText(integrity, "compact", { style: makeStyle(false), columns });
    const lines = text.split("\n");
    const from = lines.findIndex((line) => line.startsWith("  cause "));
    expect(from).toBeGreaterThan(0);
    for (const line of lines.slice(from, from + 3)) expect(line.length).toBeLessThanOrEqual(80);
  }
});

test("a part that fails beyond its share of the traffic comes first, with how many times as often", () => {
  const [worst] = severalTargets.failureShares;
  expect(worst).toMatchObject({ by: "target", part: "quiet", what: "reply-timeout" });
  expect(worst?.ofFailures).toBe(1);
  expect(worst?.ofTraffic).toBeCloseTo(150 / 187, 10);
  // No reply of the others was missed: half a failure is added to both sides.
  expect(worst?.ratio).toBeCloseTo(150.5 / 150.5 / (0.5 / 37.5), 6);
  for (const { failed, exposed, ofFailures } of severalTargets.failureShares) {
    expect(failed).toBeLessThanOrEqual(exposed);
    expect(ofFailures).toBeLessThanOrEqual(1);
  }
});

test("what chance explains has no ratio", () => {
  const messages = severalTargets.failureShares.filter(({ by }) => by === "message");
  expect(messages).toHaveLength(2);
  expect(messages.map(({ ratio }) => ratio)).toEqual([null, null]);
});

test("a run without failures has neither", async () => {
  const good = await modelOf("good");
  expect(cardsOf(good)).toEqual([]);
  expect(outlineOf(good, "html").map(({ id }) => id)).not.toContain("failure-matrix");
});
