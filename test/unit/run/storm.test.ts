/**
 * Goal: whatever happens to workers, coordinator and bus, in whatever order, the books of a run balance, its slices cover
 * every shard once, and its journal gives what the live run gave. Method: storms of faults from a seed, in virtual time.
 */
import { expect, test } from "vitest";
import { readFacts } from "../../../coordinator/merge/facts.ts";
import { RunFold } from "../../../coordinator/merge/run-fold.ts";
import { buildSummary } from "../../../coordinator/report/summary.ts";
import type { Slice } from "../../../shared/wire/slice.ts";
import { SimRandom } from "../../sim/sim-random.ts";
import type { ScriptedWorker } from "./scripted-worker.ts";
import { type Going, load, type RunSettings, Trial } from "./trial.ts";

const SEEDS = 10;
const settings: RunSettings = { scenario: load(60, 40, 60), workersExpected: 2 };

class Storm {
  readonly trial = new Trial();
  readonly workers: ScriptedWorker[] = [];
  readonly faults: string[] = [];
  run: Going;
  readonly #random: SimRandom;

  constructor(seed: number) {
    this.#random = new SimRandom(seed, 0);
    this.#join();
    this.#join();
    this.run = null as never;
  }

  async begin(): Promise<void> {
    await this.trial.fleet.start();
    this.run = this.trial.run(settings);
  }

  async blow(): Promise<void> {
    const faults = [
      () => this.#join(),
      () => this.#join(),
      () => this.#kill(true),
      () => this.#kill(false),
      () => this.#hush(),
      () => this.#some()?.leave(),
      () => this.#crash(),
      () => this.trial.store.forgetEverything(),
      () => this.#cut(),
      () => this.run.commands.scale(this.#random.pick([1, 2, null])),
      () => this.run.commands.rebalance(),
    ];
    for (let left = 10; left > 0; left--) {
      await this.trial.pass(this.#random.int(0, 9) + this.#random.unit());
      const fault = this.#random.int(0, faults.length - 1);
      this.faults.push(
        `${Math.round(this.trial.time.nowUs / 1e6)}: ${String(faults[fault]).slice(6)}`,
      );
      await faults[fault]?.();
    }
    this.#join();
    for (const worker of this.workers) worker.silent = false;
  }

  #join(): void {
    if (this.workers.length > 12) return;
    const worker = this.trial.worker({ id: `w${this.workers.length}`, fenceAfterMs: 4000 });
    worker.late = true;
    this.workers.push(worker);
  }

  #some(): ScriptedWorker | undefined {
    return this.workers.length > 0 ? this.#random.pick(this.workers) : undefined;
  }

  async #kill(isCertain: boolean): Promise<void> {
    const worker = this.#some();
    worker?.kill();
    if (isCertain && worker) await this.trial.bus.endSession(worker.epoch);
  }

  #hush(): void {
    const worker = this.#some();
    if (!worker) return;
    worker.silent = true;
    this.trial.time.after(this.#random.int(1, 20) * 1000, () => {
      worker.silent = false;
    });
  }

  async #crash(): Promise<void> {
    if (this.run.done()) return;
    await this.trial.crash();
    await this.trial.pass(this.#random.int(0, 8));
    this.run = this.trial.resume(settings);
  }

  #cut(): void {
    this.trial.cut = true;
    this.trial.time.after(this.#random.int(1, 12) * 1000, () => {
      this.trial.cut = false;
    });
  }
}

test.each(Array.from({ length: SEEDS }, (_, seed) => seed))("storm %i", async (seed) => {
  const storm = new Storm(seed);
  await storm.begin();
  await storm.blow();
  const { summary } = await storm.trial.outcomeOf(storm.run, 900);
  const story = storm.faults.join("\n");
  const [header, ...records] = storm.trial.runs.runs.get("runs/r1")?.records ?? [];
  const fold = new RunFold(readFacts(header?.type === "header" ? header.header : null));
  for (const record of records) if (record.type !== "header") fold.apply(record);
  expect(buildSummary(fold), story).toEqual(summary);
  expect(summary.validity.ledger, story).toEqual({ balanced: true, differences: {} });
  expect(summary.validity.framesMissing, story).toBe(0);
  const { attempted, reconnects, lostWithWorker, closedByCause } = summary.connections;
  const twice = lostWithWorker + (closedByCause["migrated"] ?? 0);
  expect(attempted - reconnects, story).toBeLessThanOrEqual(60 + twice);
  for (let shard = 0; shard < fold.facts.shards; shard++) {
    const slices = [...fold.slices.slices.values()].flatMap(({ slice }) =>
      slice.shard === shard ? [slice] : [],
    );
    const endOf = ({ toUs }: Slice) => toUs ?? Number.MAX_SAFE_INTEGER;
    slices.sort((a, b) => a.fromUs - b.fromUs || endOf(a) - endOf(b));
    expect(slices[0]?.fromUs, story).toBe(0);
    expect(slices.at(-1)?.toUs, story).toBeNull();
    for (const [at, slice] of slices.slice(1).entries())
      expect(slice.fromUs, story).toBe(slices[at]?.toUs);
  }
  const states = records.flatMap((one) =>
    one.type === "event" && one.event.type === "state" ? [one.event.to] : [],
  );
  expect(states, story).toEqual([...new Set(states)]);
});
