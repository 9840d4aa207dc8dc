/** The runs of a coordinator as a table. Used by `onrush runs`. */
import Table from "cli-table3";
import { escapeForTerminal } from "./escape.ts";
import { PLAIN_TABLE } from "./table.ts";

/** What of the API's answer is shown. */
export interface Listed {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly waiting: number | null;
  readonly workers: number;
  readonly connections: number | null;
  readonly verdict: string | null;
  /** Absent: the coordinator is of an earlier build. */
  readonly probe?: { readonly run: string | null; readonly outcome: string | null } | null;
}

export function runsText(runs: readonly Listed[]): string {
  if (runs.length === 0) return "no runs\n";
  const rows = runs.map((run) => [
    escapeForTerminal(run.id, 120),
    stateText(run),
    String(run.workers),
    run.connections === null ? "" : String(run.connections),
    run.verdict ?? "",
  ]);
  const table = new Table({
    ...PLAIN_TABLE,
    head: ["run", "state", "workers", "connections", "verdict"],
  });
  table.push(...rows);
  return `${table.toString()}\n`;
}

/** A run whose probe run goes on is not over. */
function stateText({ state, waiting, probe }: Listed): string {
  if (waiting !== null) return `${state} (${waiting} in line)`;
  return probe?.run != null && probe.outcome === null ? `${state} (probe run)` : state;
}
