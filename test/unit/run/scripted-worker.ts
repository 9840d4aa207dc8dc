/**
 * A worker for tests of the coordinator: speaks the bus like a real one, opens no socket, and cuts real encoded
 * frames from a script. Its load is arithmetic: each shard opens its connections in second 0 and closes them at
 * the end, and sends and receives one message a second for each.
 */
import { documentKey, type WorkerBus } from "../../../shared/bus/bus.ts";
import { shardSize } from "../../../shared/load/split.ts";
import { monotonicUs } from "../../../shared/time/clock.ts";
import { sleep, systemTimers } from "../../../shared/time/timer.ts";
import type { RunDocument } from "../../../shared/wire/command.ts";
import type { PlanDocument } from "../../../shared/wire/plan.ts";
import type { WorkerInfo, WorkerStatus } from "../../../shared/wire/worker-info.ts";
import { type FrameContent, SyntheticEngine } from "../merge/synthetic-run.ts";

export interface Script {
  readonly id: string;
  /** Fails with this problem instead of getting ready. */
  readonly problem?: string;
  /** Its session ends without a word once it has appended this many frames; it goes on appending until fenced. */
  readonly dieAfterFrames?: number;
  /** Renews its session and does nothing else once the run has started. */
  readonly mute?: boolean;
  /** Changes what a frame says. */
  readonly alter?: (content: FrameContent) => FrameContent;
  /** Appends each frame twice. */
  readonly repeats?: boolean;
}

const TICK_MS = 10;
const RENEW_MS = 50;

export class ScriptedWorker {
  epoch = 0;
  appended = 0;
  fenced = false;
  /** Resolves when it has let go of its run, or died. */
  readonly over: Promise<void>;
  readonly #bus: WorkerBus;
  readonly #script: Script;
  readonly #engine = new SyntheticEngine();
  readonly #shards: number[] = [];
  #state: WorkerStatus["state"] = "idle";
  #lastSeq = -1;
  #dead = false;

  constructor(bus: WorkerBus, script: Script) {
    this.#bus = bus;
    this.#script = script;
    this.over = this.#live();
  }

  async #live(): Promise<void> {
    this.epoch = await this.#bus.openSession(info(this.#script.id), this.#script.id);
    const renewing = this.#renew();
    const run = await this.#takeShards();
    if (run !== null) await this.#execute(run);
    this.#dead = true;
    await renewing;
  }

  async #renew(): Promise<void> {
    while (!this.#dead) {
      const { problem } = this.#script;
      await this.#bus.renewSession(this.epoch, {
        shardsHeld: this.#shards.length,
        shardsReady: this.#state === "ready" ? this.#shards.length : 0,
        connectionsOpen: 0,
        state: this.#state,
        problem: this.#state === "failed" ? (problem ?? "") : "",
        clockOffsetUs: 0,
        clockErrorUs: 0,
        lastSeq: this.#lastSeq,
      });
      await sleep(systemTimers, RENEW_MS);
    }
  }

  /** Takes every other ticket, so that two workers share; a shard no longer offered is nobody's. */
  async #takeShards(): Promise<string | null> {
    let run: string | null = null;
    for (;;) {
      const taken = await this.#bus.takeTicket(run === null ? 3000 : 200);
      if (taken === null) break;
      run = taken.ticket.run;
      const claim = await this.#bus.claimShard(run, taken.ticket.shard, this.epoch);
      if (claim === "held") this.#shards.push(taken.ticket.shard);
      await taken.done();
      await sleep(systemTimers, 1);
    }
    this.#state = this.#script.problem === undefined ? "ready" : "failed";
    return run;
  }

  async #execute(run: string): Promise<void> {
    const plan = (await this.#bus.getDocument(documentKey.plan(run)))?.value as PlanDocument;
    let second = 0;
    for (;;) {
      const document = (await this.#bus.getDocument(documentKey.run(run)))?.value as
        | RunDocument
        | undefined;
      if (document === undefined || ["done", "failed", "aborted"].includes(document.state)) {
        this.#shards.length = 0;
        this.#state = "idle";
        await sleep(systemTimers, 2 * RENEW_MS);
        return;
      }
      if (document.startAtUs !== null && this.#lastSeq < 0 && !this.#script.mute) {
        const elapsedUs = monotonicUs() - document.startAtUs;
        const ending = document.end !== null || elapsedUs >= plan.durationUs;
        const whole = Math.floor(Math.min(elapsedUs, plan.durationUs) / 1e6);
        while (second < whole || (this.#dead && !this.fenced)) {
          await this.#append(run, this.#second(plan, second++, false));
          if (this.#dead) await sleep(systemTimers, TICK_MS);
        }
        if (this.#dead) return;
        if (ending) {
          await this.#append(run, this.#second(plan, second, true));
          this.#state = "finished";
          this.#lastSeq = this.appended - 1;
        }
      }
      await sleep(systemTimers, TICK_MS);
    }
  }

  #second(plan: PlanDocument, second: number, final: boolean): FrameContent {
    const sizes = this.#shards.map(
      (shard) => [shard, shardSize(shard, plan.shards, plan.connections)] as const,
    );
    const open = sizes.reduce((sum, [, size]) => sum + size, 0);
    const first = second === 0;
    const phase = 0;
    return {
      second,
      final,
      phases: {
        [phase]: {
          attempted: first ? open : 0,
          established: first ? open : 0,
          closed: final ? open : 0,
          planned: open,
          sent: open,
          expected: open,
          matched: open,
          received: open,
        },
      },
      names: [{ phase, name: 0, counters: { sent: open, matched: open } }],
      shards: Object.fromEntries(
        sizes.map(([shard, size]) => [
          shard,
          {
            attempted: first ? size : 0,
            established: first ? size : 0,
            closed: final ? size : 0,
            open: final ? 0 : size,
          },
        ]),
      ),
      values: [
        { metric: "latency", phase, name: 0, us: Array(open).fill(1000 + this.epoch) },
        { metric: "sendLag", phase, us: Array(open).fill(50) },
      ],
      closes: final && open > 0 ? [{ cause: "plan", count: open }] : [],
      ticks: { open: final ? [] : Array(10).fill(open), sent: [open], received: [open] },
    };
  }

  async #append(run: string, content: FrameContent): Promise<void> {
    const altered = this.#script.alter?.(content) ?? content;
    const body = this.#engine.frame(altered);
    const id = { run, epoch: this.epoch, seq: this.appended };
    if ((await this.#bus.appendFrame(id, body)) === "fenced") {
      this.fenced = true;
      return;
    }
    if (this.#script.repeats) await this.#bus.appendFrame(id, body);
    this.appended++;
    if (this.appended === this.#script.dieAfterFrames) {
      this.#dead = true;
      await this.#bus.closeSession(this.epoch);
    }
  }
}

function info(id: string): WorkerInfo {
  return {
    id,
    host: "test",
    pid: 1,
    version: "0",
    node: "",
    engines: 1,
    capacity: 1000,
    cpuModel: "",
    cpus: 1,
    memoryBytes: 1,
    openFilesLimit: 1,
    localPorts: 28_232,
    physicalCores: 1,
    system: "test",
  };
}
