/**
 * What a run comes to, as annotations: why the job fails, and what is worth a look. Called by run.mjs. Invariant: a job
 * that fails has at least one error that says why.
 */

import { lineOfRule } from "./rule-line.mjs";

const MEANINGS = {
  1: "internal error of Onrush",
  2: "wrong usage",
  97: "the result cannot be trusted",
  98: "the run could not start: target, bus, limits or run directory",
  99: "a threshold, or a rule of the comparison, does not hold",
  103: "stopped through the API",
  104: "invalid scenario or configuration",
  105: "interrupted",
  107: "a hook failed",
  130: "aborted",
};
const MAX_FAILURES = 5;

export function meaningOf(exitCode) {
  return MEANINGS[exitCode] ?? "ended without an exit code of its own";
}

/**
 * @param run { exitCode, errors: what it wrote to stderr, file: the scenario in the workspace or undefined, text: what is in it }
 * @param summary summary.json, or null
 */
export function annotationsOf(run, summary) {
  const found = [
    ...(summary === null ? problems(run) : judgement(summary, run)),
    ...(summary === null ? [] : observations(summary)),
  ];
  if (run.exitCode !== 0 && !found.some(({ level }) => level === "error")) {
    const message = `exit code ${run.exitCode}: ${meaningOf(run.exitCode)}`;
    found.unshift({ level: "error", title: "Onrush", message });
  }
  return found;
}

/** Broken thresholds and rules, and why a run is not to be trusted. */
function judgement(summary, { file, text = "" }) {
  const broken = summary.thresholds
    .filter(({ passed }) => !passed)
    .map((threshold) => ({
      level: "error",
      title: "Onrush: threshold broken",
      file,
      line: file === undefined ? undefined : lineOfRule(text, threshold),
      message: `${threshold.metric} ${threshold.rule}: ${observedText(threshold)}`,
    }));
  const reasons = summary.verdict === "pass" ? [] : summary.validity.reasons;
  const invalid = reasons.map((message) => ({
    level: "error",
    title: summary.started
      ? "Onrush: the result cannot be trusted"
      : "Onrush: the run did not start",
    file: summary.started ? undefined : file,
    message,
  }));
  return [...invalid, ...broken, ...compared(summary.baseline)];
}

function compared(baseline) {
  if (baseline === null) return [];
  if (baseline.verdict === "REFUSED") {
    return baseline.differences.map(({ what, a, b }) => ({
      level: baseline.failed ? "error" : "warning",
      title: "Onrush: not compared with the baseline",
      message: `${what} differs: ${a} before, ${b} now`,
    }));
  }
  return baseline.rules
    .filter(({ outcome }) => outcome !== "passed")
    .map(({ rule, outcome, reason }) => ({
      level: outcome === "failed" ? "error" : "warning",
      title: `Onrush: ${rule} ${outcome === "failed" ? "fails" : "is not decided"}`,
      message: reason,
    }));
}

/** What else a reader of the job should know. */
function observations({ started, validity, failures, verdict }) {
  if (!started) return [];
  const notes = validity.notes.map((message) => ({ level: "warning", title: "Onrush", message }));
  if (verdict === "pass") return notes;
  const seen = failures.slice(0, MAX_FAILURES).map(({ kind, signature, count }) => ({
    level: "warning",
    title: `Onrush: ${kind}`,
    message: `${signature} (${count} times)`,
  }));
  return [...notes, ...seen];
}

function observedText({ rule, observed, reason }) {
  if (observed === null) return reason ?? "nothing was observed";
  if (rule.trimEnd().endsWith("%")) return `observed ${rounded(observed * 100)}%`;
  return `observed ${rounded(observed)}${/\d(us|ms|s|m|h)$/.test(rule.trimEnd()) ? " ms" : ""}`;
}

function rounded(value) {
  return Number.isInteger(value) ? value : Number(value.toPrecision(4));
}

/** Without a run: each problem of the scenario at its place, or what the command says. */
function problems({ exitCode, errors, file }) {
  if (exitCode === 0) return [];
  const lines = errors.split("\n");
  const placed = lines.flatMap((text) => {
    const match = /^(.+?):(\d+):(\d+) (.+)$/.exec(text);
    if (match === null || exitCode !== 104) return [];
    const [, , line, column, message] = match;
    return [{ level: "error", title: "Onrush: invalid scenario", file, line, column, message }];
  });
  if (placed.length > 0) return placed;
  const said = lines.filter((text) => /^(error:| {2}(why|fix):)/.test(text));
  if (said.length === 0) return [];
  return [
    { level: "error", title: "Onrush", file, message: said.map((text) => text.trim()).join(" ") },
  ];
}
