/**
 * `npm run compare:check`: how often `onrush compare` cries wolf, and whether it finds what is there, on real runs. Pairs
 * of runs against the same target must hardly ever differ; five runs against a target whose tail is 10 % slower must be
 * told from five that are not. Prints a table; ends with 1 when there is more than one alarm in 20, or the shift is missed.
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { judgeGroups, judgePairs, judgeShift } from "./judge.ts";
import {
  behaviour,
  type DialledTarget,
  isThere,
  startTarget,
  TAIL_MEDIAN_MS,
  validRun,
  writeScenario,
} from "./runs.ts";

const SHIFT = 1.1;
/** Runs a side, to find the shift. */
const SIDE = 5;

const { values } = parseArgs({
  options: {
    pairs: { type: "string", default: "20" },
    seconds: { type: "string", default: "140" },
    "shift-seconds": { type: "string", default: "60" },
    rate: { type: "string", default: "100" },
    jobs: { type: "string", default: "4" },
    dir: { type: "string", default: "" },
    judge: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

if (values.help) {
  process.stdout.write(
    "npm run compare:check -- [--pairs 20] [--seconds 140] [--shift-seconds 60] [--rate 100] [--jobs 4] [--dir DIR]\n" +
      "  --dir DIR   keep the runs there, and make only what is missing; with --judge nothing is run\n",
  );
  process.exit(0);
}

const folder = values.dir || mkdtempSync(join(tmpdir(), "onrush-compare-"));
const pairs = Number(values.pairs);
const perSecond = Number(values.rate);
let invalid = 0;
const say = (line: string) => process.stderr.write(`${line}\n`);

/** Both runs of a pair one after the other, several pairs at a time: each has the others for noise. */
async function runPairs(target: DialledTarget): Promise<void> {
  const seconds = Number(values.seconds);
  const scenario = writeScenario(folder, { url: target.url, seconds, perSecond });
  await target.dial(behaviour(TAIL_MEDIAN_MS, 1));
  const waiting = Array.from({ length: pairs }, (_, pair) => pair);
  const work = async () => {
    for (let pair = waiting.shift(); pair !== undefined; pair = waiting.shift()) {
      const both = ["a", "b"].map((side) => join(folder, "same", `${pair}-${side}`));
      if (both.every(isThere)) continue;
      for (const directory of both) invalid += await validRun(scenario, directory);
      say(`pair ${pair + 1} of ${pairs} has run`);
    }
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, work));
}

/** The sides take turns, alone on the machine. */
async function runShift(target: DialledTarget): Promise<void> {
  const seconds = Number(values["shift-seconds"]);
  const scenario = writeScenario(folder, { url: target.url, seconds, perSecond });
  for (let turn = 0; turn < SIDE; turn++) {
    if (["base", "slower"].every((side) => isThere(join(folder, side, `${turn}`)))) continue;
    for (const [side, factor] of [
      ["base", 1],
      ["slower", SHIFT],
    ] as const) {
      await target.dial(behaviour(TAIL_MEDIAN_MS * factor, 100 + 2 * turn + Number(factor > 1)));
      invalid += await validRun(scenario, join(folder, side, `${turn}`));
    }
    say(`turn ${turn + 1} of ${SIDE} has run`);
  }
}

if (!values.judge) {
  const target = await startTarget(folder);
  try {
    await runPairs(target);
    await runShift(target);
  } finally {
    await target.stop();
  }
}

const same = await judgePairs(folder);
const groups = await judgeGroups(folder, SIDE);
const shift = await judgeShift(folder, SIDE);
process.stdout.write(`${[...same.lines, ...groups.lines, ...shift.lines].join("\n")}\n`);
say(`${invalid} runs were not valid and were made again; the runs are in ${folder}`);
process.exitCode = same.passed && groups.passed && shift.passed ? 0 : 1;
