/**
 * A plan as text: the curve of connections, the phases, and what it takes on this machine. Called by the plan
 * command and by `run --dry-run`. Invariant: estimates say that they are, and what they rest on.
 */
import Table from "cli-table3";
import type { StrictScenario } from "../../../shared/scenario/strict.ts";
import {
  countOf,
  formatBytes,
  formatCount,
  formatRate,
  formatSeconds,
} from "../../report/format.ts";
import type { LocalPlan } from "../local-plan.ts";
import { areaChart } from "./curve.ts";
import { escapeForTerminal } from "./escape.ts";
import { estimateMemory } from "./memory-estimate.ts";
import { PLAIN_TABLE } from "./table.ts";

const CURVE = { columns: 64, lines: 8 } as const;

export function planText(scenario: StrictScenario, local: LocalPlan): string {
  const lines = [
    `${escapeForTerminal(scenario.name)}: ${durationOf(local)}, seed ${scenario.seed}`,
    "",
    ...curveLines(local),
    "",
    ...phaseLines(scenario, local),
    "",
    ...sizeLines(scenario, local),
  ];
  return `${lines.join("\n")}\n`;
}

function durationOf({ plan }: LocalPlan): string {
  const { durationUs, drainUs } = plan.document;
  return `${formatSeconds(durationUs / 1e6)}, then at most ${formatSeconds(drainUs / 1e6)} of drain`;
}

function curveLines({ population }: LocalPlan): string[] {
  const { durationUs } = population.profile;
  const step = durationUs / CURVE.columns;
  const values = Array.from({ length: CURVE.columns }, (_, column) =>
    population.plannedOpenAt((column + 0.5) * step),
  );
  const top = formatCount(population.peakPlanned);
  const width = Math.max(top.length, "0".length);
  const chart = areaChart(values, CURVE.lines).map((line, index) => {
    const label = index === 0 ? top : "";
    return `  ${label.padStart(width)} │${line}`;
  });
  const end = formatSeconds(durationUs / 1e6);
  const axis = `  ${"0".padStart(width)} └${"─".repeat(CURVE.columns)}`;
  const scale = `  ${" ".repeat(width)}  0 s${end.padStart(CURVE.columns - 3)}`;
  return ["  planned open connections", ...chart, axis, scale];
}

function phaseLines(scenario: StrictScenario, { population }: LocalPlan): string[] {
  const table = new Table({
    ...PLAIN_TABLE,
    head: ["phase", "kind", "from", "to", "open before", "open after", "messages", ""],
    colAligns: ["left", "left", "right", "right", "right", "right", "right", "left"],
  });
  for (const [index, phase] of scenario.phases.entries()) {
    const span = population.profile.phases[index];
    if (span === undefined) continue;
    table.push([
      escapeForTerminal(phase.phase, 24),
      phase.ramp,
      formatSeconds(span.fromUs / 1e6),
      formatSeconds(span.toUs / 1e6),
      formatCount(population.plannedOpenAt(span.fromUs - 1)),
      formatCount(population.plannedOpenAt(span.toUs - 1)),
      messageRate(scenario, span.messageFactor),
      phase.exclude ? "excluded" : "",
    ]);
  }
  return table
    .toString()
    .split("\n")
    .map((line) => `  ${line.trimEnd()}`);
}

function messageRate({ messages }: StrictScenario, factor: number): string {
  if (messages === null || factor === 0) return "none";
  const { kind, perSec } = messages.rate;
  const rate = formatRate(perSec * factor);
  return kind === "total" ? `${rate} in all` : `${rate} each`;
}

function sizeLines(scenario: StrictScenario, local: LocalPlan): string[] {
  const { plan, population, sizing } = local;
  const { shards, connections } = plan.document;
  const memory = estimateMemory(population.peakPlanned, sizing);
  const row = (label: string, text: string) => `  ${label.padEnd(18)}${text}`;
  return [
    row("peak", `${formatCount(population.peakPlanned)} connections open at once`),
    row(
      "connections",
      `${formatCount(connections)} in all, opened ${formatCount(plan.plannedOpens)} times by plan`,
    ),
    row("targets", scenario.targets.map(({ url }) => escapeForTerminal(url, 120)).join(", ")),
    row("shards", formatCount(shards)),
    row(
      "workers",
      `${countOf(sizing.workers, "process", "es")} with ${countOf(sizing.enginesPerWorker, "engine thread")} each, room for ${countOf(sizing.capacityPerWorker, "connection")} each`,
    ),
    row(
      "open files",
      `${formatCount(local.filesPerWorker)} per worker, the limit is ${formatCount(local.openFilesLimit)}`,
    ),
    row("source addresses", addressText(local)),
    row("memory", `about ${formatBytes(memory.bytes)} for workers (estimate: ${memory.basis})`),
  ];
}

function addressText({ sourceAddresses, loopback }: LocalPlan): string {
  if (sourceAddresses <= 1) return "1 is enough";
  const count = formatCount(sourceAddresses);
  return loopback
    ? `${count}, taken from 127.0.0.0/8`
    : `${count} are needed for so many connections to one target: connect.localAddresses`;
}
