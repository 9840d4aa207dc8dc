/** Faults as a table: those of a run as the API tells of them, and those of a plan. Used by `onrush fault` and plan-text.ts. */
import Table from "cli-table3";
import type { Population } from "../../../shared/load/arrivals.ts";
import { victimsOf } from "../../../shared/load/victims.ts";
import { faultWindows } from "../../../shared/scenario/fault-windows.ts";
import type { StrictScenario } from "../../../shared/scenario/strict.ts";
import { outsideTimes } from "../../../shared/scenario/strict-outside.ts";
import { formatCount, formatSeconds } from "../../report/text/format.ts";
import { escapeForTerminal } from "./escape.ts";
import { PLAIN_TABLE } from "./table.ts";

/** What of the API's answer is shown. */
interface Listed {
  readonly id: string;
  readonly kind: string;
  readonly windows: readonly {
    readonly id: string;
    readonly from: number;
    readonly to: number;
    readonly state: string;
    readonly victims: number | null;
    readonly hit: number | null;
    readonly workers: number | null;
    readonly outcome: string | null;
  }[];
}

/** Times a fault begins that are listed; the rest is counted. */
const MAX_ROWS = 40;
const MAX_OUTCOME_CHARS = 300;

/** The timeline of faults, as planned; empty: there are none. */
export function plannedFaultLines(scenario: StrictScenario, population: Population): string[] {
  const windows = faultWindows(scenario);
  const outside = outsideTimes(scenario);
  const all = windows.length + outside.length;
  if (all === 0) return [];
  const table = new Table({
    ...PLAIN_TABLE,
    head: ["fault", "kind", "from", "to", "hits"],
    colAligns: ["left", "left", "right", "right", "right"],
  });
  for (const window of windows.slice(0, MAX_ROWS)) {
    const { id, fault, fromUs, toUs } = window;
    const { count } = victimsOf(scenario, population, window);
    table.push([
      ...[escapeForTerminal(id, 60), fault.act.kind, formatSeconds(fromUs / 1e6)],
      toUs > fromUs ? formatSeconds(toUs / 1e6) : "",
      fault.victims.worker === null ? formatCount(count) : `up to ${formatCount(count)}`,
    ]);
  }
  for (const { id, outside: one, atUs } of outside.slice(0, MAX_ROWS)) {
    table.push([escapeForTerminal(id, 60), one.act.kind, formatSeconds(atUs / 1e6), "", ""]);
  }
  const more = Math.max(0, windows.length - MAX_ROWS) + Math.max(0, outside.length - MAX_ROWS);
  return [
    ...table.toString().split("\n"),
    ...(more > 0 ? [`and ${formatCount(more)} more`] : []),
  ].map((line) => `  ${line.trimEnd()}`);
}

export function faultsText(faults: readonly Listed[]): string {
  if (faults.length === 0) return "no faults\n";
  const table = new Table({
    ...PLAIN_TABLE,
    head: ["fault", "kind", "from", "to", "state", "to hit", "hit", "workers", "outcome"],
  });
  const shown = (count: number | null) => (count === null ? "" : String(count));
  for (const { kind, windows } of faults) {
    for (const { id, from, to, state, victims, hit, workers, outcome } of windows) {
      table.push([
        escapeForTerminal(id, 200),
        escapeForTerminal(kind, 60),
        formatSeconds(from),
        to > from ? formatSeconds(to) : "",
        state,
        ...[shown(victims), shown(hit), shown(workers)],
        escapeForTerminal(outcome ?? "", MAX_OUTCOME_CHARS),
      ]);
    }
  }
  return `${table.toString()}\n`;
}
