/**
 * A worker for tests of the coordinator: speaks the bus as a real one does (session, placement, tickets, claims, hand-overs,
 * frames kept until acknowledged), opens no socket, and cuts real encoded frames. Its load is arithmetic, in whole
 * seconds: a session is open in each second the plan holds it open, and sends and receives one message in it.
 */
import { documentKey, type WorkerBus } from "../../../shared/bus/bus.ts";
import { readPlacement } from "../../../shared/bus/read-document.ts";
import { buildPopulation, type Population } from "../../../shared/load/arrivals.ts";
import { indicesOf } from "../../../shared/load/split.ts";
import type { Clock } from "../../../shared/time/clock.ts";
import { sleep, type Timers } from "../../../shared/time/timer.ts";
import type { HandOver, RunDocument } from "../../../shared/wire/command.ts";
import type { FrameId } from "../../../shared/wire/frame/frame.ts";
import { type PlanDocument, WIRE_VERSION } from "../../../shared/wire/plan.ts";
import { isInSlice, type Slice } from "../../../shared/wire/slice.ts";
import type { HandedOver, WorkerInfo, WorkerStatus } from "../../../shared/wire/worker-info.ts";
import { type FrameContent, SyntheticEngine } from "../merge/synthetic-run.ts";

export interface Script {
  readonly id: string;
  readonly capacity?: number;
  readonly fenceAfterMs?: number;
  readonly wire?: number;
  /** It may be asked to do something to itself; it never does. */
  readonly allowFaults?: boolean;
  /** Fails with this problem instead of getting ready. */
  readonly problem?: string;
  /** Renews its session and does nothing else once the run has started. */
  readonly mute?: boolean;
  /** Changes what a frame says. */
  readonly alter?: (content: FrameContent) => FrameContent;
  /** Appends each frame twice. */
  readonly repeats?: boolean;
}

export interface World {
  readonly bus: WorkerBus;
  readonly clock: Clock;
  readonly timers: Timers;
}

const TICK_MS = 100;
const RENEW_MS = 500;
const SECOND_US = 1_000_000;
const OVER: ReadonlySet<string> = new Set(["done", "failed", "aborted"]);

interface HeldSlice {
  slice: Slice;
  /** Sessions this worker has opened, and not closed: "connection/session". */
  readonly open: Set<string>;
  readonly opened: Set<string>;
  moving: boolean;
}

interface Cut {
  opened: number;
  reopened: number;
  closed: number;
  migrated: number;
}

/** One run on this worker. */
interface Execution {
  readonly run: string;
  readonly plan: PlanDocument;
  readonly population: Population;
  readonly engine: SyntheticEngine;
  readonly slices: Map<number, HeldSlice>;
  readonly frames: { readonly seq: number; readonly body: Uint8Array }[];
  readonly lateSent: Set<string>;
  handedOver: HandedOver[];
  state: WorkerStatus["state"];
  /** First second that is not cut yet; null before it has begun here. */
  second: number | null;
  lastSeq: number;
  nextSeq: number;
  appended: number;
}

export class ScriptedWorker {
  epoch = 0;
  /** The log refused it. */
  fenced = false;
  /** Says nothing to the bus: its process is gone, or cannot reach it. */
  silent = false;
  /** What it still keeps when it is fenced goes to the late log. */
  late = false;
  /** Resolves when it does nothing any more. */
  readonly over: Promise<void>;
  readonly #world: World;
  readonly #script: Script;
  #execution: Execution | null = null;
  #dead = false;
  #leaving = false;
  #claimedIn: string | null = null;
  #answers = "";
  #problem: string;
  /** Frames appended in all runs. */
  appended = 0;

  constructor(world: World, script: Script) {
    this.#world = world;
    this.#script = script;
    this.#problem = script.problem ?? "";
    this.over = this.#live();
  }

  /** Connections open now. */
  get open(): number {
    let open = 0;
    for (const slice of this.#execution?.slices.values() ?? []) open += slice.open.size;
    return open;
  }

  get slices(): readonly Slice[] {
    return [...(this.#execution?.slices.values() ?? [])].map(({ slice }) => slice);
  }

  /** It is gone from one moment to the next. */
  kill(): void {
    this.#dead = true;
  }

  /** An engine has died under it. */
  fail(problem: string): void {
    this.#problem = problem;
    if (this.#execution) this.#execution.state = "failed";
  }

  /** As on SIGTERM. */
  leave(): void {
    this.#leaving = true;
  }

  async #live(): Promise<void> {
    this.epoch = await this.#world.bus.openSession(this.#info(), this.#script.id);
    this.#claimedIn = await this.#world.bus.generation();
    const renewing = this.#renew();
    while (!this.#dead) {
      await this.#turn();
      await sleep(this.#world.timers, TICK_MS);
    }
    await renewing;
  }

  async #turn(): Promise<void> {
    if (!this.silent && !this.fenced) await this.#takeTickets();
    const execution = this.#execution;
    if (execution === null) {
      if (this.#leaving) await this.#close();
      return;
    }
    const document = this.silent ? undefined : await this.#document(execution.run);
    if (document && OVER.has(document.state)) {
      this.#execution = null;
      return;
    }
    if (document && !this.#script.mute) this.#follow(execution, document);
    this.#cutDue(execution);
    if (!this.silent) await this.#append(execution);
    if (this.#leaving && execution.slices.size === 0) await this.#leaveRun(execution);
  }

  async #document(run: string): Promise<RunDocument | undefined> {
    return (await this.#world.bus.getDocument(documentKey.run(run)))?.value as
      | RunDocument
      | undefined;
  }

  async #takeTickets(): Promise<void> {
    const { bus } = this.#world;
    const placement = await readPlacement(bus);
    this.#answers = placement?.challenge ?? this.#answers;
    if (this.#leaving) return;
    const quota = placement?.quotas.find(({ epoch }) => epoch === this.epoch);
    if (!quota || (this.#execution && this.#execution.run !== quota.run)) return;
    while ((this.#execution?.slices.size ?? 0) < quota.slices) {
      const taken = await bus.takeTicket(quota.run, 50);
      if (taken === null || this.#dead || this.silent) return;
      if (!(await this.#begin(quota.run))) return;
      const { slice } = taken.ticket;
      const claim = await bus.claimSlice(quota.run, slice.id, this.epoch);
      const held = { slice, open: new Set<string>(), opened: new Set<string>(), moving: false };
      if (claim === "held" && !this.#execution?.slices.has(slice.id)) {
        this.#execution?.slices.set(slice.id, held);
      }
      await taken.done();
    }
  }

  async #begin(run: string): Promise<boolean> {
    if (this.#execution) return true;
    const plan = (await this.#world.bus.getDocument(documentKey.plan(run)))?.value as
      | PlanDocument
      | undefined;
    if (!plan) return false;
    const { problem } = this.#script;
    this.#execution = {
      run,
      plan,
      population: buildPopulation(plan.scenario),
      engine: new SyntheticEngine(),
      slices: new Map(),
      frames: [],
      lateSent: new Set(),
      handedOver: [],
      state: problem === undefined ? "ready" : "failed",
      second: null,
      lastSeq: -1,
      nextSeq: 0,
      appended: 0,
    };
    return true;
  }

  /** Start, hand-overs, end. */
  #follow(execution: Execution, document: RunDocument): void {
    const { startAtUs, end, handOvers } = document;
    if (startAtUs === null || execution.state === "failed" || execution.lastSeq >= 0) return;
    const elapsedUs = this.#world.clock.monotonicUs() - startAtUs;
    if (elapsedUs < 0) return;
    execution.second ??= Math.floor(elapsedUs / SECOND_US);
    if (execution.state === "ready") execution.state = "running";
    const asked = new Set(handOvers.map(({ id }) => id));
    execution.handedOver = execution.handedOver.filter(({ id }) => asked.has(id));
    for (const handOver of handOvers) this.#handOver(execution, handOver);
    const { durationUs } = execution.plan;
    this.#elapsed = {
      startAtUs,
      endUs: end === null ? durationUs : Math.min(elapsedUs, durationUs),
    };
  }

  #elapsed: { readonly startAtUs: number; readonly endUs: number } | null = null;

  #handOver(execution: Execution, { id, slice, epoch, scope }: HandOver): void {
    const held = execution.slices.get(slice);
    if (epoch !== this.epoch || execution.handedOver.some((done) => done.id === id)) return;
    if (!held) return;
    if (scope === "all") {
      held.moving = true;
      return;
    }
    const fromUs = (execution.second ?? 0) * SECOND_US;
    held.slice = { ...held.slice, toUs: Math.max(held.slice.fromUs, fromUs) };
    execution.handedOver.push({ id, slice, fromUs });
  }

  /** Cuts the frames of all seconds that are over; the final one when the load is. */
  #cutDue(execution: Execution): void {
    if (!this.#elapsed || execution.second === null || execution.lastSeq >= 0) return;
    if (execution.state === "failed") return;
    const { startAtUs, endUs } = this.#elapsed;
    const elapsedUs = this.#world.clock.monotonicUs() - startAtUs;
    while ((execution.second + 1) * SECOND_US <= Math.min(elapsedUs, endUs)) {
      this.#cut(execution, execution.second++, false);
    }
    if (elapsedUs < endUs) return;
    this.#cut(execution, execution.second, true);
    execution.lastSeq = execution.nextSeq - 1;
    execution.state = "finished";
  }

  #cut(execution: Execution, second: number, final: boolean): void {
    const shards: NonNullable<FrameContent["shards"]> = {};
    const sum: Cut = { opened: 0, reopened: 0, closed: 0, migrated: 0 };
    let open = 0;
    for (const held of execution.slices.values()) {
      const did = this.#second(execution, held, { second, final });
      const { shard } = held.slice;
      const before = shards[shard] ?? { attempted: 0, established: 0, closed: 0, open: 0 };
      const attempted = (before.attempted ?? 0) + did.opened;
      const closed = (before.closed ?? 0) + did.closed + did.migrated;
      shards[shard] = {
        attempted,
        established: attempted,
        closed,
        open: (before.open ?? 0) + held.open.size,
      };
      for (const key of ["opened", "reopened", "closed", "migrated"] as const) sum[key] += did[key];
      open += held.open.size;
    }
    const content = frameContent(sum, open, { second, final, epoch: this.epoch });
    const body = execution.engine.frame(
      this.#script.alter?.({ ...content, shards }) ?? { ...content, shards },
    );
    execution.frames.push({ seq: execution.nextSeq++, body });
    for (const [id, held] of execution.slices) if (held.moving) void this.#release(execution, id);
  }

  /** What becomes of a slice's sessions in one second. */
  #second(
    { plan, population }: Execution,
    held: HeldSlice,
    { second, final }: { second: number; final: boolean },
  ): Cut {
    const did: Cut = { opened: 0, reopened: 0, closed: 0, migrated: 0 };
    const beginUs = second * SECOND_US;
    for (const index of indicesOf(held.slice.shard, plan.shards, plan.connections)) {
      for (const [at, { openUs, closeUs }] of population.sessionsOf(index).entries()) {
        const key = `${index}/${at}`;
        const isPlanned = openUs <= beginUs && closeUs > beginUs && !final && !held.moving;
        if (isPlanned && isInSlice(held.slice, openUs) && !held.opened.has(key)) {
          held.opened.add(key);
          held.open.add(key);
          did.opened++;
          if (openUs < beginUs - SECOND_US) did.reopened++;
        } else if (!isPlanned && held.open.delete(key)) did[held.moving ? "migrated" : "closed"]++;
      }
    }
    return did;
  }

  /** The frame that tells of the closing is cut: the slice may go. */
  async #release(execution: Execution, id: number): Promise<void> {
    execution.slices.delete(id);
    const document = await this.#document(execution.run);
    await this.#world.bus.releaseSlice(execution.run, id, this.epoch);
    for (const { id: handOver, slice, epoch } of document?.handOvers ?? []) {
      if (slice === id && epoch === this.epoch) {
        execution.handedOver.push({ id: handOver, slice, fromUs: 0 });
      }
    }
  }

  async #append(execution: Execution): Promise<void> {
    const { bus } = this.#world;
    const { run, frames } = execution;
    const kept = await bus.acknowledgedSeq(run, this.epoch);
    while (frames[0] && frames[0].seq <= kept) frames.shift();
    const floor = frames[0]?.seq ?? 0;
    const generation = await bus.generation();
    for (const { seq, body } of frames) {
      const id = { run, epoch: this.epoch, seq };
      const result = this.fenced ? "fenced" : await bus.appendFrame(id, body, floor);
      if (result === "fenced") {
        this.fenced = true;
        await this.#appendLate(execution, { id, body, generation });
        continue;
      }
      if (this.#script.repeats) await bus.appendFrame(id, body, floor);
      if (result === "ok") {
        execution.appended++;
        this.appended++;
      }
    }
    if (this.fenced && !this.late) frames.length = 0;
  }

  /** Once to each life of the store; kept until acknowledged. */
  async #appendLate(
    { lateSent }: Execution,
    { id, body, generation }: { id: FrameId; body: Uint8Array; generation: string },
  ): Promise<void> {
    const key = `${generation} ${id.seq}`;
    if (!this.late || lateSent.has(key)) return;
    lateSent.add(key);
    await this.#world.bus.appendLateFrame(id, body);
  }

  async #leaveRun(execution: Execution): Promise<void> {
    if (execution.lastSeq < 0 && execution.second !== null) {
      this.#cut(execution, execution.second, true);
      execution.lastSeq = execution.nextSeq - 1;
      execution.state = "finished";
    }
    await this.#append(execution);
    if (execution.frames.length === 0) await this.#close();
  }

  async #close(): Promise<void> {
    this.#dead = true;
    await this.#world.bus.closeSession(this.epoch);
  }

  async #renew(): Promise<void> {
    const { bus, timers } = this.#world;
    while (!this.#dead) {
      if (!this.silent) {
        const answer = await bus.renewSession(this.epoch, this.#status());
        if (answer === "unknown") await this.#resume();
        if (answer === "gone" && !this.late) this.#dead = true;
      }
      await sleep(timers, RENEW_MS);
    }
  }

  /** The bus has forgotten it. */
  async #resume(): Promise<void> {
    const { bus } = this.#world;
    if ((await bus.resumeSession(this.epoch, this.#info(), this.#script.id)) === "gone") return;
    const { run = "", slices } = this.#execution ?? {};
    for (const slice of slices?.keys() ?? []) await bus.claimSlice(run, slice, this.epoch);
    this.#claimedIn = await bus.generation();
    await bus.renewSession(this.epoch, this.#status());
  }

  #status(): WorkerStatus {
    const execution = this.#execution;
    const slices = execution?.slices.size ?? 0;
    return {
      slicesHeld: slices,
      slicesReady: slices,
      connectionsOpen: this.open,
      state: execution?.state ?? "idle",
      problem: execution?.state === "failed" ? this.#problem : "",
      clockOffsetUs: 0,
      clockErrorUs: 120,
      lastSeq: execution?.frames.length === 0 ? execution.lastSeq : -1,
      leaving: this.#leaving,
      // It claims again before it renews.
      claimedIn: this.#claimedIn,
      startSkewUs: execution && execution.second !== null ? 1500 : null,
      handedOver: execution?.handedOver ?? [],
      ...{ answers: this.#answers, refused: 0, refusal: "" },
    };
  }

  #info(): WorkerInfo {
    const { id, capacity = 1000, fenceAfterMs = 20_000, wire = WIRE_VERSION } = this.#script;
    return {
      id,
      host: "test",
      pid: 1,
      version: "0",
      node: "",
      engines: 1,
      capacity,
      cpuModel: "",
      cpus: 1,
      memoryBytes: 1,
      openFilesLimit: 1,
      localPorts: 28_232,
      physicalCores: 1,
      system: "test",
      fenceAfterMs,
      wire,
      ...(this.#script.allowFaults && { allowFaults: true }),
    };
  }
}

function frameContent(
  { opened, reopened, closed, migrated }: Cut,
  open: number,
  { second, final, epoch }: { second: number; final: boolean; epoch: number },
): FrameContent {
  const counters = {
    attempted: opened,
    established: opened,
    reconnects: reopened,
    closed: closed + migrated,
    planned: open,
    sent: open,
    expected: open,
    matched: open,
    received: open,
  };
  return {
    second,
    final,
    phases: { 0: counters },
    names: [{ phase: 0, name: 0, counters: { sent: open, matched: open } }],
    values: [
      { metric: "latency", phase: 0, name: 0, us: Array(open).fill(1000 + (epoch % 16)) },
      { metric: "sendLag", phase: 0, us: Array(open).fill(50) },
    ],
    closes: [
      ...(closed > 0 ? [{ cause: "plan" as const, count: closed }] : []),
      ...(migrated > 0 ? [{ cause: "migrated" as const, count: migrated }] : []),
    ],
    ticks: {
      open: final ? [] : Array(10).fill(open),
      opened: [opened],
      closed: [closed + migrated],
      sent: [open],
      received: [open],
    },
  };
}
