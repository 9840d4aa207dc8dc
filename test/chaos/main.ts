/**
 * `npm run chaos`: plays every fault on every broker so many times, and prints the table: fault, broker, runs, wrong numbers,
 * longest recovery. Ends with 1 when a number was wrong. Bounded, loopback only, and only processes it started.
 */
import { parseArgs } from "node:util";
import type { BrokerKind } from "../support/servers.ts";
import { type Outcome, playEpisode } from "./episode.ts";
import { FAULTS, type Fault } from "./faults.ts";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "20" },
    only: { type: "string", default: "" },
    brokers: { type: "string", default: "redis,nats" },
    seed: { type: "string", default: "1" },
    jobs: { type: "string", default: "2" },
    help: { type: "boolean", default: false },
  },
});

if (values.help) {
  process.stdout.write(
    "npm run chaos -- [--runs 20] [--only 'kill'] [--brokers redis,nats] [--seed 1] [--jobs 2]\n",
  );
  process.exit(0);
}

interface Episode {
  readonly fault: Fault;
  readonly broker: BrokerKind;
  readonly seed: number;
}

const brokers = values.brokers.split(",") as BrokerKind[];
const faults = FAULTS.filter(({ name }) => name.includes(values.only));
const first = Number(values.seed);
const episodes: Episode[] = [];
for (let run = 0; run < Number(values.runs); run++) {
  for (const broker of brokers) {
    for (const fault of faults) episodes.push({ fault, broker, seed: first + run });
  }
}

/** A machine that is too busy to start five processes says nothing about the fault: it is tried again. */
const MOST_TRIES = 3;

const outcomes: Outcome[] = [];
async function work(): Promise<void> {
  for (let next = episodes.shift(); next !== undefined; next = episodes.shift()) {
    const outcome = await play(next);
    outcomes.push(outcome);
    process.stdout.write(`${JSON.stringify(outcome)}\n`);
  }
}
async function play({ fault, broker, seed }: Episode): Promise<Outcome> {
  for (let left = MOST_TRIES; left > 0; left--) {
    const outcome = await playEpisode(fault, broker, seed);
    if (outcome !== null) return outcome;
    process.stdout.write(
      `${JSON.stringify({ fault: fault.name, broker, seed, started: false })}\n`,
    );
  }
  throw new Error(`${fault.name} on ${broker}: no run has started in ${MOST_TRIES} tries`);
}

await Promise.all(Array.from({ length: Number(values.jobs) }, work));

const rows = [
  [
    "fault",
    "broker",
    "runs",
    "wrong numbers",
    "not trusted, cause given",
    "longest recovery",
    "most burst",
  ],
];
for (const fault of faults) {
  for (const broker of brokers) {
    const of = outcomes.filter((one) => one.fault === fault.name && one.broker === broker);
    const recoveries = of.flatMap(({ recoveryMs }) => (recoveryMs === null ? [] : [recoveryMs]));
    rows.push([
      fault.name,
      broker,
      String(of.length),
      String(of.filter(({ wrong }) => wrong.length > 0).length),
      String(of.filter(({ verdict }) => verdict === "invalid").length),
      recoveries.length === 0 ? "-" : `${(Math.max(...recoveries) / 1000).toFixed(1)} s`,
      Math.max(0, ...of.map(({ burst }) => burst)).toFixed(2),
    ]);
  }
}
const widths = rows[0]?.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0))) ?? [];
for (const row of rows) {
  process.stdout.write(`${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  ")}\n`);
}
process.exitCode = outcomes.some(({ wrong }) => wrong.length > 0) ? 1 : 0;
