/**
 * The live view of a run as text: a block for a terminal that is redrawn, and one plain line for a pipe or
 * a log. Called by progress.ts. Pure. Invariant: target text is escaped, every number has its unit, and the
 * block is at most LIVE_LINES lines high.
 */

import type { LiveView } from "../../live/view.ts";
import {
  countOf,
  formatClock,
  formatCount,
  formatRate,
  formatShare,
  formatUs,
  NO_DATA,
} from "../../report/text/format.ts";
import { formatObserved } from "../../report/text/threshold-text.ts";
import { escapeForTerminal } from "./escape.ts";
import type { Style } from "./style.ts";
import { LABEL } from "./table.ts";

const LIVE_THRESHOLDS = 4;
const LIVE_FAILURES = 2;
const LIVE_PUSHES = 2;
const LIVE_ROLES = 2;
const LIVE_STEPS = 2;
const LIVE_CHECKPOINTS = 2;
/** Title, bar, connections, messages, latency, generator and what is wrong with it, checkpoints, then the others. */
export const LIVE_LINES =
  8 + LIVE_ROLES + LIVE_STEPS + LIVE_PUSHES + LIVE_FAILURES + LIVE_THRESHOLDS;
const REASON_CHARS = 100;
/** Room for what is said of roles that do not fit. */
const MORE_ROLES = "   … 99 more".length;

const BAR = { min: 10, max: 48 } as const;

/** @param columns width of the terminal; log-update wraps what is longer, so lines are kept short instead */
export function liveBlock(view: LiveView, columns: number, style: Style): string {
  const lines = [
    titleLine(view, style),
    barLine(view, columns, style),
    connectionsLine(view),
    ...roleLines(view, columns),
    messagesLine(view),
    latencyLine(view),
    ...pushLines(view),
    ...stepLines(view, style),
    ...failureLines(view, style),
    ...generatorLines(view, style),
    ...thresholdLines(view, style),
    ...checkpointLines(view, style),
  ];
  return lines.join("\n");
}

/** One line without colour, cursor movement or newline. */
export function plainLine(view: LiveView): string {
  const { connections, messages, rates, latencyUs } = view;
  const parts = [
    `${formatClock(view.elapsedUs / 1e6)}/${formatClock(view.durationUs / 1e6)}`,
    view.state,
    phaseText(view),
    `planned ${formatCount(view.plannedOpen)}`,
    `open ${formatCount(view.open)}`,
    `failed ${formatCount(connections.failed)}`,
    `sent ${formatRate(rates.sentPerSec)}`,
    `received ${formatRate(rates.receivedPerSec)}`,
    `timed out ${formatCount(messages.timedOut)}`,
    latencyUs === null
      ? `latency ${NO_DATA}`
      : `latency p50 ${formatUs(latencyUs.p50)} p99 ${formatUs(latencyUs.p99)}`,
  ];
  if (view.generator.saturated) parts.push("GENERATOR SATURATED");
  if (view.generator.reasons.length > 0) parts.push("INVALID SO FAR");
  return parts.filter((part) => part !== "").join("  ");
}

function phaseText(view: LiveView): string {
  if (view.phase === null) return "";
  const { name, index, count } = view.phase;
  return `phase ${escapeForTerminal(name, 24)} (${index + 1}/${count})`;
}

function row(label: string, parts: readonly string[]): string {
  return `  ${label.padEnd(LABEL)}${parts.filter((part) => part !== "").join("   ")}`;
}

function titleLine(view: LiveView, style: Style): string {
  const workers = countOf(view.workers, "worker");
  return `${style.bold(escapeForTerminal(view.name, 60))}  ${view.state}, ${workers}, run ${view.run}`;
}

function barLine(view: LiveView, columns: number, style: Style): string {
  const share = view.durationUs <= 0 ? 0 : view.elapsedUs / view.durationUs;
  const done = Math.min(1, Math.max(0, share));
  const clock = `${formatClock(view.elapsedUs / 1e6)} / ${formatClock(view.durationUs / 1e6)}`;
  const phase = phaseText(view);
  const room = columns - 2 - clock.length - phase.length - 6;
  const width = Math.min(BAR.max, Math.max(BAR.min, room));
  const filled = Math.round(done * width);
  const bar = style.cyan("█".repeat(filled)) + style.dim("░".repeat(width - filled));
  return `  ${bar}  ${clock}  ${phase}`;
}

function connectionsLine(view: LiveView): string {
  return row("connections", [
    `planned ${formatCount(view.plannedOpen)}`,
    `open ${formatCount(view.open)}`,
    `opening ${formatRate(view.rates.opensPerSec)}`,
    `failed ${formatCount(view.connections.failed)}`,
  ]);
}

/** As many roles as fit into two lines; what does not is counted. */
function roleLines({ roles }: LiveView, columns: number): string[] {
  const lines: string[][] = [];
  let left = 0;
  for (const { name, open, failed } of roles) {
    const bad = failed > 0 ? ` (${formatCount(failed)} failed)` : "";
    const part = `${escapeForTerminal(name, 24)} ${formatCount(open)} open${bad}`;
    const line = lines.at(-1);
    const isRoom = line !== undefined && row("", [...line, part]).length <= columns - MORE_ROLES;
    if (isRoom) line.push(part);
    else if (lines.length < LIVE_ROLES) lines.push([part]);
    else left++;
  }
  if (left > 0) lines.at(-1)?.push(`… ${left} more`);
  return lines.map((parts, index) => row(index === 0 ? "roles" : "", parts));
}

function stepLines({ steps }: LiveView, style: Style): string[] {
  return steps.slice(0, LIVE_STEPS).map(({ name, started, failed }, index) => {
    const share = formatShare(started === 0 ? 0 : failed / started);
    const text = `${escapeForTerminal(name, 24)} ${formatCount(failed)} failed of ${formatCount(started)} (${share})`;
    return row(index === 0 ? "steps" : "", [style.yellow(text)]);
  });
}

function messagesLine(view: LiveView): string {
  const { messages, rates } = view;
  return row("messages", [
    `sent ${formatRate(rates.sentPerSec)}`,
    `received ${formatRate(rates.receivedPerSec)}`,
    `timed out ${formatCount(messages.timedOut)}`,
    messages.skipped > 0 ? `skipped ${formatCount(messages.skipped)}` : "",
  ]);
}

function latencyLine(view: LiveView): string {
  const { latencyUs } = view;
  if (latencyUs === null) return row("latency", [NO_DATA]);
  return row("latency", [
    `p50 ${formatUs(latencyUs.p50)}`,
    `p90 ${formatUs(latencyUs.p90)}`,
    `p99 ${formatUs(latencyUs.p99)}`,
    `max ${formatUs(latencyUs.max)}`,
  ]);
}

function pushLines(view: LiveView): string[] {
  return view.push
    .slice(0, LIVE_PUSHES)
    .map(({ name, received, latencyUs }, index) =>
      row(index === 0 ? "push" : "", [
        `${escapeForTerminal(name, 24)} ${formatCount(received)}`,
        latencyUs === null ? "" : `p50 ${formatUs(latencyUs.p50)}`,
        latencyUs === null ? "" : `p99 ${formatUs(latencyUs.p99)}`,
      ]),
    );
}

function failureLines(view: LiveView, style: Style): string[] {
  if (view.failures.length === 0) return [row("failures", ["none"])];
  return view.failures.slice(0, LIVE_FAILURES).map((failure, index) => {
    const what = `${failure.kind} ${escapeForTerminal(failure.signature, 48)}`.trim();
    const text = `${formatCount(failure.count)} × ${what}`;
    return row(index === 0 ? "failures" : "", [style.yellow(text)]);
  });
}

function generatorLines(view: LiveView, style: Style): string[] {
  const { sendLagP99Us, loopLagMaxUs, utilisation, saturated, reasons } = view.generator;
  const now = row("generator", [
    saturated ? style.red("SATURATED: figures are not the target's") : "ok",
    `busy ${formatShare(Math.round(utilisation * 1000) / 1000)}`,
    `send lag p99 ${formatUs(sendLagP99Us)}`,
    `loop lag max ${formatUs(loopLagMaxUs)}`,
  ]);
  const [first] = reasons;
  if (first === undefined) return [now];
  const text = `invalid so far: ${escapeForTerminal(first, REASON_CHARS)}`;
  return [now, row("", [style.red(text)])];
}

function thresholdLines(view: LiveView, style: Style): string[] {
  const shown = view.thresholds.slice(0, LIVE_THRESHOLDS).map((threshold, index) => {
    const mark = thresholdMark(threshold.passed, style);
    const observed = formatObserved(threshold.rule, threshold.observed);
    const text = `${mark} ${threshold.metric} ${threshold.rule} (${observed})`;
    return row(index === 0 ? "thresholds" : "", [text]);
  });
  const more = view.thresholds.length - shown.length;
  if (more > 0) shown[shown.length - 1] = `${shown.at(-1)}   … and ${more} more`;
  return shown;
}

/** Those that were reached, the last few. */
function checkpointLines({ checkpoints = [] }: LiveView, style: Style): string[] {
  const reached = checkpoints.flatMap(({ name, at }) => {
    return at === null ? [] : [`${escapeForTerminal(name, 24)} at ${formatClock(at)}`];
  });
  if (reached.length === 0) return [];
  return [row("checkpoints", reached.slice(-LIVE_CHECKPOINTS).map(style.yellow))];
}

function thresholdMark(passed: boolean | null, style: Style): string {
  if (passed === null) return "·";
  return passed ? style.green("✓") : style.red("✗");
}
