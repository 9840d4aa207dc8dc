/**
 * `npm run sim`: storms over a simulated cluster, seed after seed, and what broke. Ends with 1 when anything did.
 * `--planted` runs each planted bug until the checker finds it. Bounded by --runs.
 */
import { parseArgs } from "node:util";
import { outliveReaders } from "../../shared/log.ts";
import { PLANTED } from "./planted.ts";
import { blow } from "./storm.ts";

outliveReaders();
const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "0" },
    runs: { type: "string", default: "100" },
    planted: { type: "boolean", default: false },
    story: { type: "boolean", default: false },
  },
});

const first = Number(values.seed);
const runs = Number(values.runs);
process.exitCode = values.planted ? await findPlanted() : await search();

/** @returns the exit code */
async function search(): Promise<number> {
  const verdicts = new Map<string, number>();
  let broken = 0;
  for (let seed = first; seed < first + runs; seed++) {
    const found = await blow(seed);
    verdicts.set(found.verdict, (verdicts.get(found.verdict) ?? 0) + 1);
    if (found.broken.length > 0) {
      broken++;
      process.stdout.write(
        `seed ${seed}: ${found.broken.join("; ")}\n  ${found.story.join("\n  ")}\n`,
      );
    } else if (values.story) {
      process.stdout.write(`seed ${seed}: ${found.verdict}\n  ${found.story.join("\n  ")}\n`);
    }
  }
  const ends = [...verdicts].map(([verdict, count]) => `${count} ${verdict}`).join(", ");
  process.stdout.write(`${runs} seeds from ${first}: ${broken} broken (${ends})\n`);
  return broken > 0 ? 1 : 0;
}

/** @returns the exit code */
async function findPlanted(): Promise<number> {
  let missed = 0;
  for (const planted of PLANTED) {
    let found: string | null = null;
    for (let seed = first; seed < first + runs && found === null; seed++) {
      const { broken } = await blow(seed, planted);
      if (broken.length > 0) found = `seed ${seed}: ${broken[0]}`;
    }
    if (found === null) missed++;
    process.stdout.write(`${planted.name}: ${found ?? "NOT FOUND"}\n`);
  }
  return missed > 0 ? 1 : 0;
}
