/** The workers of a cluster as a table. Used by `onrush workers`. What workers say of themselves is escaped. */
import Table from "cli-table3";
import { countOf, formatCount } from "../../report/text/format.ts";
import { escapeForTerminal } from "./escape.ts";
import { PLAIN_TABLE } from "./table.ts";

/** What of the API's answer is shown. */
export interface ListedWorker {
  readonly id: string;
  readonly host: string;
  readonly engines: number;
  readonly capacity: number;
  readonly run: string | null;
  readonly state: string;
  readonly leaving: boolean;
  readonly connectionsOpen: number;
  readonly problem: string;
  readonly overdue: boolean;
  readonly silentSeconds: number;
  readonly refused: string | null;
}

const MAX_WORD = 120;

export function workersText(workers: readonly ListedWorker[]): string {
  if (workers.length === 0) return "no workers\n";
  const table = new Table({
    ...PLAIN_TABLE,
    head: ["worker", "host", "state", "engines", "capacity", "connections", "run"],
  });
  for (const worker of workers) {
    table.push([
      escapeForTerminal(worker.id, MAX_WORD),
      escapeForTerminal(worker.host, MAX_WORD),
      stateOf(worker),
      String(worker.engines),
      formatCount(worker.capacity),
      formatCount(worker.connectionsOpen),
      escapeForTerminal(worker.run ?? "", MAX_WORD),
    ]);
  }
  const notes = workers.flatMap(({ id, refused, problem }) =>
    [refused, problem === "" ? null : problem].flatMap((why) =>
      why === null ? [] : [`${escapeForTerminal(id, MAX_WORD)}: ${escapeForTerminal(why, 300)}\n`],
    ),
  );
  return `${table.toString()}\n${notes.join("")}`;
}

/** What matters most of it, in one word or two. */
function stateOf({ state, leaving, overdue, silentSeconds, refused }: ListedWorker): string {
  if (refused !== null) return "refused";
  if (overdue) return `silent for ${countOf(Math.round(silentSeconds), "second")}`;
  if (leaving) return state === "idle" ? "drained" : "draining";
  return escapeForTerminal(state, MAX_WORD);
}
