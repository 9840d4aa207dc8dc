/**
 * A run whose target goes wrong so many times, half of them before and half of them after something else happens: nothing,
 * all connections are cut, or they are cut and a worker of a cluster is killed. Used by integrity-exact.test.ts and by
 * `npm run exactness`, which goes through all of it.
 */
import { setTimeout as sleep } from "node:timers/promises";
import {
  AGENT,
  CONNECTIONS,
  type Counts,
  cutAll,
  dial,
  type Misdeed,
  misbehave,
  scenarioFor,
  talking,
  until,
} from "./misdeeds.ts";
import { type Result, runScenario, scratch, startTarget, type Target } from "./programs.ts";
import { type Account, accountOf, answersOf } from "./told-answers.ts";
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

/** What was said, and what the target says that it did. */
export interface Played {
  readonly result: Result;
  readonly account: Account;
  /** Without the answers of connections that were a killed worker's. */
  readonly certain: Account;
}

export async function play({ counts, circumstance, bus, withinMs }: Play): Promise<Played> {
  await using target = await startTarget({ agent: AGENT });
  const halves = async (between: () => Promise<void>) => {
    const share = (part: (count: number) => number): Counts =>
      Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, part(count)]));
    await misbehave(
      target,
      share((count) => Math.floor(count / 2)),
      withinMs,
    );
    await between();
    await misbehave(
      target,
      share((count) => Math.ceil(count / 2)),
      withinMs,
    );
    return new Set<number>();
  };
  const options = { counts, withinMs };
  if (circumstance === "nothing else") {
    return await run(target, { ...options, args: [], meanwhile: () => halves(async () => {}) });
  }
  if (circumstance === "all cut") {
    return await run(target, {
      ...options,
      args: [],
      meanwhile: () => halves(() => cutAll(target)),
    });
  }
  await using _stays = startClusterWorker(bus, "worker-a", LEASE);
  await using killed = startClusterWorker(bus, KILLED, LEASE);
  const cutAndKill = async () => {
    await cutAll(target);
    // What it has counted is reported by then.
    await sleep(5000);
    await killed.kill();
    await until("its are gone", async () => (await target.now()).open < CONNECTIONS);
    await talking(target);
  };
  return await run(target, { ...options, args: ON(bus), meanwhile: () => halves(cutAndKill) });
}

/** A worker is killed when the target has done so much of it, and more comes until others have its connections. */
export async function playKilled({
  counts,
  bus,
  withinMs,
}: Omit<Play, "circumstance">): Promise<Played> {
  await using target = await startTarget({ agent: AGENT });
  await using _stays = startClusterWorker(bus, "worker-a", LEASE);
  await using killed = startClusterWorker(bus, KILLED, LEASE);
  const meanwhile = async () => {
    const { done, stop } = await dial(target, counts, withinMs);
    await until("much of it is done", async () => (await done()) >= DONE_BEFORE);
    await killed.kill();
    await until("its are gone", async () => (await target.now()).open < CONNECTIONS);
    // All of them, and none is back before the lease is over.
    await sleep(2000);
    const lost = await endedOf(target);
    await talking(target);
    await stop();
    return lost;
  };
  return await run(target, { counts, withinMs, args: ON(bus), meanwhile });
}

/** The connections that have ended. */
async function endedOf(target: Target): Promise<ReadonlySet<number>> {
  type Row = { readonly id: number; readonly open: boolean };
  const { connections } = await target.now("?perConnection=1");
  return new Set((connections as readonly Row[]).filter(({ open }) => !open).map(({ id }) => id));
}

/** Of all kinds. */
const DONE_BEFORE = 100;
/** Half of the usual time until a worker is lost, to be waited for. */
const LEASE = { ONRUSH_WORKER_FENCE_AFTER_MS: "10000" };
const ON = (bus: string) => ["--bus", bus, "--workers", "2"];

async function run(
  target: Target,
  options: {
    readonly counts: Counts;
    readonly withinMs: number;
    readonly args: readonly string[];
    /** Gives the connections that went with a worker. */
    readonly meanwhile: () => Promise<ReadonlySet<number>>;
  },
): Promise<Played> {
  using folder = scratch();
  const { counts, withinMs, args, meanwhile } = options;
  const scenario = scenarioFor(target.url, Object.keys(counts) as Misdeed[], withinMs);
  let end = (): void => {};
  let lost: ReadonlySet<number> = new Set();
  const running = runScenario(scenario, folder.path, {
    args,
    onStart: (child) => {
      end = () => child.kill("SIGINT");
    },
  });
  const tooEarly = running.then(({ stderr }) => {
    throw new Error(`the run has ended: ${stderr}`);
  });
  // It ends in any case.
  tooEarly.catch(() => {});
  try {
    await Promise.race([talking(target), tooEarly]);
    lost = await Promise.race([meanwhile(), tooEarly]);
    await sleep(1000);
  } finally {
    end();
    await running;
  }
  const answers = await answersOf(target);
  const kept = answers.filter(({ connection }) => !lost.has(connection));
  return {
    result: await running,
    account: accountOf(answers, withinMs),
    certain: accountOf(kept, withinMs),
  };
}
