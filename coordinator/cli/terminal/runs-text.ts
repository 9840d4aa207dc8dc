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
}

export function runsText(runs: readonly Listed[]): string {
  if (runs.length === 0) return "no runs\n";
  const rows = runs.map(({ id, state, waiting, workers, connections, verdict }) => [
    escapeForTerminal(id, 120),
    waiting === null ? state : `${state} (${waiting} in line)`,
    String(workers),
    connections === null ? "" : String(connections),
    verdict ?? "",
  ]);
  const table = new Table({
    ...PLAIN_TABLE,
    head: ["run", "state", "workers", "connections", "verdict"],
  });
  table.push(...rows);
  return `${table.toString()}\n`;
}
