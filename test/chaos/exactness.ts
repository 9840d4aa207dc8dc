/**
 * `npm run exactness`: a target goes wrong k times, in each way and in each circumstance; what summary.json says is compared
 * with k. Prints a row for each: misdeed, k, how often the target did it, what was told of it, and the circumstance; ends with 1
 * when a number was wrong. Events that were late by themselves are told, too: what the target did comes from the times of its log.
 * What can be told apart is dialled in one run, k times each; `--alone` gives each a run of its own.
 *   --only lose,omit   --times 0,1,37,1000   --in 'all cut'   --broker redis|nats   --jobs 4   --alone
 *   --within 10   seconds for a sequence of events
 */
import { parseArgs } from "node:util";
import type { Summary } from "../../coordinator/report/summary-schema.ts";
import { CLUSTER_KEY } from "../support/cluster-key.ts";
import { CIRCUMSTANCES, type Circumstance, KILLED, play } from "../support/exactness.ts";
import { type Counts, due, MISDEEDS, type Misdeed, told } from "../support/misdeeds.ts";
import { type BrokerKind, startBroker } from "../support/servers.ts";
import type { Account } from "../support/told-answers.ts";

// Programs that are started for a cluster find its key here.
process.env["ONRUSH_CLUSTER_KEY"] ??= CLUSTER_KEY;

const { values } = parseArgs({
  options: {
    only: { type: "string", default: MISDEEDS.join(",") },
    times: { type: "string", default: "0,1,37,1000" },
    in: { type: "string", default: CIRCUMSTANCES.join(";") },
    broker: { type: "string", default: "redis" },
    jobs: { type: "string", default: "4" },
    within: { type: "string", default: "10" },
    alone: { type: "boolean", default: false },
  },
});

/** Of one run. To reorder, a target must not say anything else in between. */
const TOGETHER: readonly (readonly Misdeed[])[] = [
  ["lose", "repeat", "corrupt", "leak"],
  ["reorder"],
  ["omit", "swap", "delay", "tell twice", "insert"],
];

interface Cell {
  readonly misdeeds: readonly Misdeed[];
  readonly times: number;
  readonly circumstance: Circumstance;
}

const wanted = values.only.split(",");
const circumstances = values.in.split(";");
const groups = values.alone ? MISDEEDS.map((one) => [one]) : TOGETHER;
const cells: Cell[] = CIRCUMSTANCES.filter((one) => circumstances.includes(one)).flatMap(
  (circumstance) =>
    groups
      .map((group) => group.filter((one) => wanted.includes(one)))
      .filter(({ length }) => length > 0)
      .flatMap((misdeeds) =>
        values.times.split(",").map((times) => ({ misdeeds, times: Number(times), circumstance })),
      ),
);

let wrong = 0;
const row = (...columns: readonly (string | number)[]) => {
  const [misdeed = "", times = "", done = "", said = "", circumstance = ""] = columns.map(String);
  const cut = `${misdeed.padEnd(11)} ${times.padStart(5)} ${done.padStart(5)} ${said.padStart(5)}`;
  process.stdout.write(`${cut}  ${circumstance}\n`);
};
row("misdeed", "k", "done", "told", "circumstance");
await Promise.all(Array.from({ length: Number(values.jobs) }, work));
process.stdout.write(`${wrong} wrong\n`);
process.exitCode = wrong === 0 ? 0 : 1;

async function work(): Promise<void> {
  for (let cell = cells.shift(); cell !== undefined; cell = cells.shift()) {
    // One coordinator leads on a broker, so each has its own.
    const broker = await startBroker(values.broker as BrokerKind);
    try {
      await judge(cell, broker.url);
    } catch (error) {
      wrong++;
      row(cell.misdeeds.join(), cell.times, "-", "-", `${cell.circumstance}: ${String(error)}`);
    } finally {
      await broker.stop();
    }
  }
}

async function judge({ misdeeds, times, circumstance }: Cell, bus: string): Promise<void> {
  const counts: Counts = Object.fromEntries(misdeeds.map((one) => [one, times]));
  const { result, account } = await play({
    ...{ counts, circumstance, bus },
    withinMs: 1000 * Number(values.within),
  });
  const { summary, stderr } = result;
  if (summary === null) throw new Error(stderr);
  const said = told(summary);
  const done = due(counts, account);
  for (const misdeed of MISDEEDS) {
    const times = counts[misdeed] ?? 0;
    const isWrong = Math.abs(said[misdeed] - done[misdeed]) > account.unsure;
    if (isWrong) wrong++;
    if (!isWrong && !misdeeds.includes(misdeed) && said[misdeed] === times) continue;
    const isAsDialled = said[misdeed] === times && done[misdeed] === times;
    const why = isAsDialled ? "" : `: ${isWrong ? "WRONG, " : ""}${timesOf(account, summary)}`;
    row(misdeed, times, done[misdeed], said[misdeed], `${circumstance}${why}`);
  }
  const lost = summary.lostWorkers.map(({ id }) => id).join();
  const isLost = circumstance === "all cut, a worker killed" ? lost === KILLED : lost === "";
  if (summary.validity.ledger.balanced && isLost) return;
  wrong++;
  row("ledger", "", "", "", `${circumstance}: ${JSON.stringify(summary.validity)}, lost: ${lost}`);
}

/** How slow the target was by its own log, and how slow the generator by its own. */
function timesOf({ slowestMs, late, unsure }: Account, { workers, validity }: Summary): string {
  const lags = workers.map(({ loopLagMs }) => loopLagMs?.max ?? 0);
  const target = `target: ${late} late by themselves, the slowest ${Math.round(slowestMs)} ms, ${unsure} not to be told`;
  return `${target}; generator: stood still for ${Math.max(0, ...lags)} ms, sent up to ${validity.sendLagMs?.max ?? 0} ms late`;
}
