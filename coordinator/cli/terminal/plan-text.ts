/**
 * A plan as text: the curve of connections and the phases, and then what they take on this machine. Called by the plan
 * command and by `run --dry-run`. Invariant: estimates say that they are, and what they rest on; the first part needs
 * nothing of this machine, so it can be shown also when the second says that the load does not fit.
 */
import Table from "cli-table3";
import type { StrictPhase, StrictScenario } from "../../../shared/scenario/strict.ts";
import type { LocalPlan, Outline } from "../../launch/plan/local-plan.ts";
import {
  type PlannedPhase,
  plannedMessages,
  plannedPhases,
} from "../../launch/plan/plan-figures.ts";
import { estimateMemory } from "../../local/memory-estimate.ts";
import { RESERVED_FILES } from "../../local/sizing.ts";
import {
  countOf,
  formatBytes,
  formatCount,
  formatRate,
  formatSeconds,
} from "../../report/text/format.ts";
import { areaChart } from "./curve.ts";
import { escapeForTerminal } from "./escape.ts";
import { plannedFaultLines } from "./faults-text.ts";
import { PLAIN_TABLE } from "./table.ts";

const CURVE = { columns: 64, lines: 8 } as const;

/** What is planned, wherever it runs. */
export function outlineText(scenario: StrictScenario, outline: Outline): string {
  const lines = [
    `${escapeForTerminal(scenario.name)}: ${durationOf(scenario, outline)}, seed ${scenario.seed}`,
    "",
    ...curveLines(outline),
    "",
    ...phaseLines(scenario, outline),
    "",
    ...faultLines(scenario, outline),
    ...loadLines(scenario, outline),
  ];
  return `${lines.join("\n")}\n`;
}

/** What it takes here. */
export function machineText(local: LocalPlan): string {
  return `${machineLines(local).join("\n")}\n`;
}

function durationOf(scenario: StrictScenario, { plan }: Outline): string {
  const { durationUs, drainUs } = plan.document;
  const most = scenario.phases.some(({ ramp }) => ramp === "find-limit") ? "at most " : "";
  return `${most}${formatSeconds(durationUs / 1e6)}, then at most ${formatSeconds(drainUs / 1e6)} of drain`;
}

function curveLines({ population }: Outline): string[] {
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

function phaseLines(scenario: StrictScenario, { population }: Outline): string[] {
  const table = new Table({
    ...PLAIN_TABLE,
    head: ["phase", "kind", "from", "to", "open before", "open after", "messages", ""],
    colAligns: ["left", "left", "right", "right", "right", "right", "right", "left"],
  });
  for (const phase of plannedPhases(scenario, population)) {
    table.push([
      escapeForTerminal(phase.phase, 24),
      phase.ramp,
      formatSeconds(phase.fromSeconds),
      formatSeconds(phase.toSeconds),
      formatCount(phase.openBefore),
      formatCount(phase.openAfter),
      rateText(phase.messageRate),
      phase.excluded ? "excluded" : "",
    ]);
  }
  return table
    .toString()
    .split("\n")
    .map((line) => `  ${line.trimEnd()}`);
}

function faultLines(scenario: StrictScenario, { plan, population }: Outline): string[] {
  // Of searches, the plan has the phases as they begin.
  const { phases } = plan.document.scenario;
  const lines = plannedFaultLines({ ...scenario, phases }, population);
  return lines.length === 0 ? [] : [...lines, ""];
}

function rateText(messageRate: PlannedPhase["messageRate"]): string {
  if (messageRate === null) return "none";
  const rate = formatRate(messageRate.perSec);
  return messageRate.kind === "total" ? `${rate} in all` : `${rate} each`;
}

function row(label: string, text: string): string {
  return `  ${label.padEnd(18)}${text}`;
}

function loadLines(scenario: StrictScenario, { plan, population }: Outline): string[] {
  const { shards, connections } = plan.document;
  return [
    row("peak", `${formatCount(population.peakPlanned)} connections open at once`),
    row(
      "connections",
      `${formatCount(connections)} in all, opened ${formatCount(population.plannedOpens)} times by plan`,
    ),
    ...scenario.phases.flatMap(searchRow),
    row("messages", messageText(scenario, { plan, population })),
    row("targets", scenario.targets.map(({ url }) => escapeForTerminal(url, 120)).join(", ")),
    row("shards", formatCount(shards)),
  ];
}

/** What the curve does not tell of a find-limit phase. */
function searchRow(phase: StrictPhase): string[] {
  if (phase.ramp !== "find-limit") return [];
  const rules = phase.until.map(({ metric, rule }) => `${metric} ${rule}`).join(" or ");
  const text = `${escapeForTerminal(phase.phase, 24)} goes up by ${formatCount(phase.step)} until ${escapeForTerminal(rules, 200)}; the curve is its climb if nothing breaks`;
  return [row("find-limit", text)];
}

function messageText(scenario: StrictScenario, { population }: Outline): string {
  const planned = plannedMessages(scenario, population);
  if (planned === null) return "none";
  return `about ${formatCount(planned.total)} in all, ${formatRate(planned.mostPerSec)} at most`;
}

function machineLines(local: LocalPlan): string[] {
  const { population, sizing, portsPerAddress, portRange } = local;
  const memory = estimateMemory(population.peakPlanned, sizing);
  const [firstPort, lastPort] = portRange;
  const room = local.openFilesLimit - RESERVED_FILES;
  const each = sizing.workers === 1 ? "" : " each";
  return [
    row(
      "workers",
      `${countOf(sizing.workers, "process", "es")} with ${countOf(sizing.enginesPerWorker, "engine thread")}${each}, room for ${countOf(sizing.capacityPerWorker, "connection")}${each}`,
    ),
    row(
      "open files",
      `${formatCount(local.filesPerWorker)} per worker, the limit is ${formatCount(local.openFilesLimit)}`,
    ),
    row("source addresses", addressText(local)),
    row(
      "local ports",
      `${formatCount(portsPerAddress)} of ${formatCount(lastPort - firstPort + 1)} (${firstPort} to ${lastPort}) at each source address`,
    ),
    row("memory", `about ${formatBytes(memory.bytes)} (estimate: ${memory.basis})`),
    row(
      "on a cluster",
      `${countOf(Math.ceil(population.peakPlanned / room), "worker")} with this limit of open files, room for ${formatCount(room)} connections each`,
    ),
  ];
}

function addressText({ sourceAddresses, loopback }: LocalPlan): string {
  if (sourceAddresses <= 1) return "1 is enough";
  const count = formatCount(sourceAddresses);
  return loopback
    ? `${count}, taken from 127.0.0.0/8`
    : `${count} are needed for so many connections to one target: connect.localAddresses`;
}
