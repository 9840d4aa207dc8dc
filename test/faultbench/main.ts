/**
 * `npm run faultbench`: faults of known cause against three servers, and how often the analysis names the cause. Runs what is
 * chosen, keeps each run as a bundle with its label sealed beside, then scores the whole set, baselines beside ours. Ends with
 * 1 when a run could not be made; accuracy is printed, not judged.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bundleId, isKept, keep, nameOf } from "./bundle.ts";
import { calibrated, calibrationSource } from "./calibrate.ts";
import { type Case, fill, readCases, STRENGTHS, type Trial } from "./case-file.ts";
import { liveRun, missingFor } from "./live-run.ts";
import { isDisturbed } from "./machine.ts";
import { CALIBRATION_FILE } from "./paths.ts";
import type { Reliability } from "./reliability.ts";
import { reliabilitySvg } from "./reliability-svg.ts";
import { lookedAt } from "./rescore.ts";
import { type Scored, scores } from "./score.ts";
import { SERVER_NAMES } from "./servers/names.ts";
import { calibrationText, causesTable, reliabilityTable, runsTable, scoresTable } from "./table.ts";
import { allTrials, gateTrials, testTrials } from "./trials.ts";
import { besideTruths } from "./truth.ts";

const USAGE = `npm run faultbench -- [options]
  --gate            the short set: 25 cases, strong, one server each
  --test-split      seeds of their own: each fault at each strength against one server, in turn; what is healthy against each
  --cases A,B       these cases only
  --servers A,B     these servers only: ${SERVER_NAMES.join(", ")}
  --strengths A,B   these strengths only: ${STRENGTHS.join(", ")}
  --seeds N         seeds per case, server and strength (default 1)
  --dir DIR         keep the runs there, and make only what is missing (default: a temporary folder)
  --rescore DIR     no runs: score those of DIR again
  --calibrate DIR   no runs: fit the probabilities of findings to those of DIR, and write them into the sources
  --plot FILE       write stated probabilities against shares that were right, as SVG
  --busy            runs on a machine that is busy with something else count as well
`;

const { values } = parseArgs({
  options: {
    gate: { type: "boolean", default: false },
    "test-split": { type: "boolean", default: false },
    cases: { type: "string", default: "" },
    servers: { type: "string", default: "" },
    strengths: { type: "string", default: "" },
    seeds: { type: "string", default: "1" },
    dir: { type: "string", default: "" },
    rescore: { type: "string", default: "" },
    calibrate: { type: "string", default: "" },
    plot: { type: "string", default: "" },
    busy: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const say = (line: string) => process.stderr.write(`${line}\n`);

/** A machine that others had is asked again, so often at most. */
const MAX_TRIES = 2;

function chosen(all: readonly Case[]): readonly Trial[] {
  const ids = all.map(({ id }) => id);
  const names = listed("case", values.cases, ids);
  const servers = listed("server", values.servers, SERVER_NAMES);
  const strengths = listed("strength", values.strengths, STRENGTHS);
  const seeds = seedsOf(values.seeds);
  const trialsOf = (one: Case) => {
    if (values.gate) return gateTrials(one);
    return values["test-split"] ? testTrials(one, seeds) : allTrials(one, seeds);
  };
  return all
    .filter(({ id }) => names.includes(id))
    .flatMap(trialsOf)
    .filter(({ server, strength }) => servers.includes(server) && strengths.includes(strength));
}

/** What an option names; all, where it names none. @throws Error when there is no such thing */
function listed(what: string, text: string, all: readonly string[]): readonly string[] {
  if (text === "") return all;
  const names = text.split(",");
  const unknown = names.filter((name) => !all.includes(name));
  if (unknown.length > 0) throw new Error(`there is no ${what} ${unknown.join(", ")}`);
  return names;
}

/** @throws Error when it is no count */
function seedsOf(text: string): number {
  if (!/^[1-9]\d{0,2}$/.test(text))
    throw new Error(`--seeds is a number from 1 to 999, not ${text}`);
  return Number(text);
}

/** @returns how many runs could not be made */
async function make(set: string, trials: readonly Trial[]): Promise<number> {
  let failed = 0;
  for (const [at, trial] of trials.entries()) {
    if (isKept(set, bundleId(trial))) continue;
    say(`${at + 1} of ${trials.length}: ${nameOf({ ...trial, case: trial.case.id })}`);
    try {
      await makeOne(set, trial);
    } catch (error) {
      failed += 1;
      say(`  failed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return failed;
}

async function makeOne(set: string, trial: Trial): Promise<void> {
  for (let tries = 1; ; tries++) {
    const folder = mkdtempSync(join(tmpdir(), "onrush-fault-"));
    try {
      const directory = join(folder, bundleId(trial));
      const run = await liveRun(trial, folder, directory);
      const isOthers = isDisturbed(run.machine, trial.case.label);
      if (isOthers) say("  the machine was busy with something else");
      if (isOthers && tries < MAX_TRIES && !values.busy) continue;
      keep(set, directory, { trial, filled: fill(trial), run });
      return;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

/** What this machine cannot do is said, loudly, and left out. */
function possible(trials: readonly Trial[]): readonly Trial[] {
  const without = new Map<string, number>();
  const left = trials.filter((trial) => {
    const why = missingFor(trial);
    if (why !== null) without.set(why, (without.get(why) ?? 0) + 1);
    return why === null;
  });
  for (const [why, runs] of without) say(`SKIPPED: ${runs} runs ${why}`);
  return left;
}

/** Fits the probabilities of findings to a set of runs of the development split. */
async function calibrate(set: string): Promise<void> {
  const seen = await lookedAt(set);
  const scored = besideTruths(seen, values.busy);
  const { calibration, sameCases, otherCases } = calibrated(seen, scored);
  writeFileSync(CALIBRATION_FILE, calibrationSource(calibration));
  plot(sameCases);
  const { runs, answers, cases } = calibration;
  const lines = [
    `${answers} answers in ${runs} runs of ${cases} cases; first answers, with probabilities fitted to other strengths of the same faults:`,
    "",
    ...reliabilityTable(sameCases),
    "",
    `calibration error ${calibrationText(sameCases)}`,
    `with probabilities fitted to other cases ${calibrationText(otherCases)}`,
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
  say(`${CALIBRATION_FILE} was written; build, and score runs with it by --rescore DIR`);
}

async function main(): Promise<number> {
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (values.calibrate !== "") {
    await calibrate(values.calibrate);
    return 0;
  }
  const kept = values.rescore || values.dir;
  const set = kept === "" ? mkdtempSync(join(tmpdir(), "onrush-faultbench-")) : kept;
  let failed = 0;
  if (values.rescore === "") {
    if (!existsSync(set)) mkdirSync(set, { recursive: true });
    failed = await make(set, possible(chosen(readCases())));
  }
  print(set, besideTruths(await lookedAt(set), values.busy));
  return failed > 0 ? 1 : 0;
}

/** Where it was asked for. */
function plot(reliability: Reliability | null): void {
  if (values.plot !== "" && reliability !== null)
    writeFileSync(values.plot, reliabilitySvg(reliability));
}

/** What a set of runs comes to. */
function print(set: string, all: readonly Scored[]): void {
  const results = scores(all);
  const busy = all.filter(({ isDisturbed }) => isDisturbed).length;
  const unfelt = all.filter(({ label, truth }) => label.label !== null && truth === null).length;
  const counts = `${all.length} runs: ${unfelt} faults not felt, which count as healthy; ${busy} on a busy machine, which do not count`;
  const reliability = results[0]?.calibration ?? null;
  const lines = [
    ...runsTable(all),
    "",
    counts,
    "",
    ...causesTable(all),
    "",
    ...scoresTable(results),
    ...(reliability === null ? [] : ["", ...reliabilityTable(reliability)]),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
  writeFileSync(join(set, "scores.json"), `${JSON.stringify(results, null, 2)}\n`);
  plot(reliability);
  say(`the runs are in ${set}; score them again with --rescore ${set}`);
}

process.exitCode = await main().catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error));
  return 1;
});
