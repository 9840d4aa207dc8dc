/**
 * A storm: one run of a simulated cluster with faults from a seed, and what the checker finds. Used by main.ts and by tests.
 * Invariant: the same seed finds the same.
 */

import { parseScenario } from "../../shared/scenario/parse.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import { check } from "./check.ts";
import type { Planted } from "./planted.ts";
import { SimRandom } from "./sim-random.ts";
import { World } from "./world.ts";

export interface Found {
  readonly seed: number;
  /** Broken invariants; empty when all hold. */
  readonly broken: readonly string[];
  readonly story: readonly string[];
  readonly verdict: string;
}

const MOST_WORKERS = 7;
/** A run that takes longer in virtual time never ends. */
const PATIENCE_SECONDS = 400;
const FAULTS = 8;

const SCENARIO = `
version: 1
name: storm
seed: 11
target: "ws://127.0.0.1:9/{{conn.index}}"
load:
  - { phase: up, ramp: linear, to: 32, over: 12s }
  - { phase: hold, hold: 20s }
messages:
  rate: 0.5/s
  mix:
    - { name: echo, send: { binary: { size: 64, fill: random } }, reply: { match: echo, within: 2s } }
`;

function scenario(): StrictScenario {
  const fileName = "storm.yaml";
  const readFile = () => {
    throw new Error("no files");
  };
  const parsed = parseScenario(SCENARIO, { fileName, env: {}, readFile });
  if (!parsed.ok) throw new Error(parsed.issues.map(({ what }) => what).join("; "));
  return parsed.scenario;
}

export async function blow(seed: number, planted: Planted | null = null): Promise<Found> {
  const random = new SimRandom(seed, 0);
  const bad = random.chance(0.7);
  const share = (most: number) => (bad ? random.unit() * most : 0);
  const weather = {
    delayMs: 0.2 + random.unit() * (bad ? 30 : 2),
    ...{ lossShare: share(0.02), lostAnswerShare: share(0.02), repeatShare: share(0.03) },
    lostHintShare: share(0.5),
  };
  const world = new World({ seed, weather, scenario: scenario(), planted });
  const story: string[] = [];
  try {
    for (let left = random.int(1, 3); left > 0; left--) world.startWorker();
    await world.startCoordinator("new");
    for (let left = random.int(1, FAULTS); left > 0 && !world.done; left--) {
      await world.pass(random.unit() * 8);
      story.push(`${(world.time.nowUs / 1e6).toFixed(1)} s: ${await strike(world, random)}`);
    }
    if (!world.done && world.workers.every(({ process, ended }) => process.dead || ended)) {
      world.startWorker();
    }
    await world.pass(PATIENCE_SECONDS);
    // What is still on its way reaches the target.
    await world.time.run(world.time.nowUs + 20_000_000, () => false);
    const broken = check(world);
    return { seed, broken, story, verdict: world.outcome?.summary.verdict ?? "none" };
  } finally {
    world.dispose();
  }
}

/** Does one thing to the cluster. @returns what it was */
async function strike(world: World, random: SimRandom): Promise<string> {
  const living = world.workers.filter(({ process, ended }) => !process.dead && !ended);
  const victim = living.length > 0 ? random.pick(living) : null;
  const kind = random.int(0, 12);
  switch (kind) {
    case 0:
    case 1:
      if (world.workers.length >= MOST_WORKERS) return "nothing";
      return `${world.startWorker().id} joins`;
    case 2:
      victim?.kill();
      return `${victim?.id} is killed`;
    case 3: {
      const forMs = random.int(500, 12_000);
      victim?.process.pause(forMs);
      return `${victim?.id} stands still for ${forMs} ms`;
    }
    case 4:
      victim?.leave();
      return `${victim?.id} leaves`;
    case 5:
      victim?.killEngine();
      return `an engine of ${victim?.id} dies`;
    case 6:
      world.killCoordinator();
      await world.pass(random.unit() * 6);
      if (!world.done) await world.startCoordinator("again");
      return "the coordinator is killed and started again";
    case 7:
      world.empty();
      return "the broker is emptied";
    case 8: {
      const forMs = random.int(500, 9000);
      world.cut(forMs, random.chance(0.5), random);
      return `the way to the broker is cut for ${forMs} ms`;
    }
    case 9: {
      const most = random.pick([1, 2, null]);
      world.commands.scale(most);
      return `scaled to ${most}`;
    }
    case 10:
      world.commands.rebalance();
      return "rebalanced";
    case 11: {
      const byMs = random.int(-100_000, 100_000);
      world.stepClock(byMs);
      if (victim) victim.process.wallStepMs += byMs;
      return `wall clocks move by ${byMs} ms`;
    }
    default: {
      const forMs = random.int(500, 8000);
      world.pauseCoordinator(forMs);
      return `the coordinator stands still for ${forMs} ms`;
    }
  }
}
