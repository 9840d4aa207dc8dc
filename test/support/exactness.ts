/**
 * A run whose target goes wrong so many times, half of them before and half of them after something else happens: nothing,
 * all connections are cut, or they are cut and a worker of a cluster is killed. Used by integrity-exact.test.ts and by
 * `npm run exactness`, which goes through all of it.
 */
import { setTimeout as sleep } from "node:timers/promises";
import {
  CONNECTIONS,
  type Counts,
  cutAll,
  type Misdeed,
  misbehave,
  scenarioFor,
  talking,
  until,
} from "./misdeeds.ts";
import { type Result, runScenario, scratch, startTarget, type Target } from "./programs.ts";
import { startClusterWorker } from "./workers.ts";

export const CIRCUMSTANCES = ["nothing else", "all cut", "all cut, a worker killed"] as const;
export type Circumstance = (typeof CIRCUMSTANCES)[number];

interface Play {
  readonly counts: Counts;
  readonly circumstance: Circumstance;
  /** Of a broker, for a worker that is killed. */
  readonly bus: string;
  /** A sequence of events has to be over; longer than this machine may stand still. */
  readonly withinMs: number;
}

export const KILLED = "worker-b";

export async function play({ counts, circumstance, bus, withinMs }: Play): Promise<Result> {
  await using target = await startTarget({ agent: { tools: [1, 3], gap: 10 } });
  if (circumstance !== "all cut, a worker killed") {
    const between = circumstance === "all cut" ? cutAll : async () => {};
    return await run(target, counts, { between, withinMs, args: [] });
  }
  await using _stays = startClusterWorker(bus, "worker-a");
  await using killed = startClusterWorker(bus, KILLED);
  const between = async () => {
    await cutAll(target);
    // What it has counted is reported by then.
    await sleep(5000);
    await killed.kill();
    await until("its are gone", async () => (await target.now()).open < CONNECTIONS);
    await talking(target);
  };
  const args = ["--bus", bus, "--workers", "2"];
  return await run(target, counts, { between, withinMs, args });
}

async function run(
  target: Target,
  counts: Counts,
  options: {
    readonly between: (target: Target) => Promise<void>;
    readonly withinMs: number;
    readonly args: readonly string[];
  },
): Promise<Result> {
  using folder = scratch();
  const { between, withinMs, args } = options;
  const scenario = scenarioFor(target.url, Object.keys(counts) as Misdeed[], withinMs);
  let end = (): void => {};
  const running = runScenario(scenario, folder.path, {
    args,
    onStart: (child) => {
      end = () => child.kill("SIGINT");
    },
  });
  try {
    await talking(target);
    const share = (part: (count: number) => number): Counts =>
      Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, part(count)]));
    const before = share((count) => Math.floor(count / 2));
    const after = share((count) => Math.ceil(count / 2));
    await misbehave(target, before, withinMs);
    await between(target);
    await misbehave(target, after, withinMs);
    await sleep(1000);
  } finally {
    end();
    await running;
  }
  return await running;
}
