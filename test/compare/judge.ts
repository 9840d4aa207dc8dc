/**
 * Compares the runs that were collected, with the built `onrush compare` as a user would, and says whether that came out as
 * it should. Called by main.ts. Invariant: what could not be compared is counted and named, and never a success.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { CompareOutcome } from "../../coordinator/analysis/compare/comparison.ts";
import { onrush } from "./runs.ts";

/** Of 20 comparisons of a thing with itself. */
const MOST_ALARMS = 0.05;
const RULE = "p99>5%";

export interface Judged {
  readonly lines: readonly string[];
  readonly passed: boolean;
}

interface Compared {
  readonly outcome: CompareOutcome;
  readonly exitCode: number | null;
}

/** Each pair of runs against the same target: one run a side. */
export async function judgePairs(folder: string): Promise<Judged> {
  const runs = sameRuns(folder);
  const compared: Compared[] = [];
  for (const [a, b] of pairsOf(runs)) compared.push(await compare([a], [b]));
  return tally("A/A, one run a side", compared);
}

/** The same runs in groups: the first of each pair against the second. */
export async function judgeGroups(folder: string, size: number): Promise<Judged> {
  const pairs = pairsOf(sameRuns(folder));
  const compared: Compared[] = [];
  for (let from = 0; from + size <= pairs.length; from += size) {
    const group = pairs.slice(from, from + size);
    const [a, b] = [group.map(([run]) => run), group.map(([, run]) => run)];
    compared.push(await compare(a, b));
  }
  return tally(`A/A, ${size} runs a side`, compared);
}

/** The slower tail, the first `size` runs of both sides. */
export async function judgeShift(folder: string, size: number): Promise<Judged> {
  const side = (name: string) => within(join(folder, name)).slice(0, size);
  const { outcome, exitCode } = await compare(side("base"), side("slower"));
  if (outcome.verdict === "REFUSED") {
    return {
      lines: [`+10 % p99, ${size} runs a side: not compared`, ...whyRefused(outcome)],
      passed: false,
    };
  }
  const shown = outcome.rows
    .filter(({ measure }) => measure.startsWith("latency."))
    .map(({ measure, change, low, high, verdict }) => {
      const percent = (value: number | null) =>
        value === null ? "-" : `${value > 0 ? "+" : ""}${(value * 100).toFixed(1)} %`;
      return `  ${measure.padEnd(14)} ${percent(change).padStart(8)}  (${percent(low)} to ${percent(high)})  ${verdict}`;
    });
  const p99 = outcome.rows.find(({ measure }) => measure === "latency.p99");
  const passed = p99?.verdict === "REGRESSED" && exitCode === 99;
  const came = `${passed ? "found" : "missed"}, --fail-on '${RULE}' exits ${exitCode}`;
  return { lines: [`+10 % p99, ${size} runs a side: ${came}`, ...shown], passed };
}

async function compare(a: readonly string[], b: readonly string[]): Promise<Compared> {
  const sides = ["--baseline-runs", ...a, "--candidate-runs", ...b];
  const args = ["compare", ...sides, "--fail-on", RULE, "--json"];
  const { stdout, stderr, exitCode } = await onrush(args);
  if (stdout === "") throw new Error(`onrush compare: ${exitCode}\n${stderr}`);
  return { outcome: JSON.parse(stdout) as CompareOutcome, exitCode };
}

function tally(what: string, compared: readonly Compared[]): Judged {
  const alarmed: string[] = [];
  const refused: string[] = [];
  const words = new Map<string, number>();
  let judged = 0;
  for (const { outcome, exitCode } of compared) {
    if (outcome.verdict === "REFUSED") {
      refused.push(...whyRefused(outcome));
      continue;
    }
    judged++;
    const rows = outcome.rows.filter(
      ({ verdict }) => verdict === "REGRESSED" || verdict === "IMPROVED",
    );
    for (const { verdict } of outcome.rows) words.set(verdict, (words.get(verdict) ?? 0) + 1);
    if (rows.length === 0 && exitCode === 0) continue;
    const named = rows.map(
      ({ measure, change }) => `${measure} ${((change ?? 0) * 100).toFixed(1)} %`,
    );
    alarmed.push(`  alarm: run ${outcome.b[0]?.run}: ${named.join(", ")}, exit ${exitCode}`);
  }
  const tallied = [...words].map(([word, count]) => `${count} ${word}`).join(", ");
  const head = `${what}: ${alarmed.length} of ${judged} alarm (rows: ${tallied})`;
  const few = refused.length > 0 ? [`  not compared: ${refused.length}`, ...refused] : [];
  const passed =
    judged > 0 && alarmed.length <= Math.max(MOST_ALARMS * judged, judged < 20 ? 0 : 1);
  return { lines: [head, ...alarmed, ...few], passed };
}

function whyRefused(outcome: CompareOutcome): string[] {
  if (outcome.verdict !== "REFUSED") return [];
  return outcome.differences.map(({ kind, what, a, b }) => `  ${kind}: ${what}: ${a} | ${b}`);
}

function sameRuns(folder: string): readonly string[] {
  return within(join(folder, "same"));
}

/** 0-a, 0-b, 1-a …: numbers in their order, a pair side by side. */
function within(folder: string): readonly string[] {
  const number = (name: string) => Number.parseInt(name, 10);
  return readdirSync(folder)
    .sort((a, b) => number(a) - number(b) || a.localeCompare(b))
    .map((name) => join(folder, name));
}

function pairsOf(runs: readonly string[]): readonly (readonly [a: string, b: string])[] {
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < runs.length; at += 2)
    pairs.push([runs[at] as string, runs[at + 1] as string]);
  return pairs;
}
