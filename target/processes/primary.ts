/**
 * The primary of a group: starts the members, lets as many of them accept as there are cores, and passes
 * on what concerns all. It holds no connection itself. Called by the entry. Invariants: while any member
 * has room, one accepts; a group that lost a member goes down, because its counts are no longer whole.
 */
import cluster, { type Worker } from "node:cluster";
import { type AddressInfo, createServer } from "node:net";
import { OnrushError } from "../../shared/errors.ts";
import { tiedFork } from "../../shared/lifeline.ts";
import { monotonicUs } from "../../shared/time/clock.ts";
import type { Report } from "./group.ts";
import type { Order, ToMember, ToPrimary } from "./messages.ts";

export interface PrimaryOptions {
  readonly processes: number;
  /** Members that accept at the same time. */
  readonly listeners: number;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

interface MemberState {
  readonly worker: Worker;
  listens: boolean;
  full: boolean;
}

/** An order under way: who asked, and the answers so far. */
interface Round {
  readonly from: Worker;
  readonly id: number;
  readonly reports: (Report | null)[];
  missing: number;
}

export class Primary {
  /** Called once when the group has come to an end. */
  onEnd: (lostMember: string | null) => void = () => {};
  private readonly options: PrimaryOptions;
  private readonly members: MemberState[] = [];
  private readonly rounds = new Map<number, Round>();
  private nextRound = 1;
  private stopping = false;

  constructor(options: PrimaryOptions) {
    this.options = options;
  }

  /** Starts all members; resolves with the port. @throws OnrushError when a member cannot start. */
  async start(): Promise<number> {
    const { processes, listeners, host, port } = this.options;
    // Members accept for themselves from one shared socket: passing sockets on would cost the primary a file each.
    cluster.schedulingPolicy = cluster.SCHED_NONE;
    const chosen = port === 0 ? await freePort(host) : port;
    const sinceUs = monotonicUs();
    for (let index = 0; index < processes && !this.stopping; index += 1) {
      const part = { index, count: processes };
      const listens = index < listeners;
      await this.fork({ tell: "start", part, port: chosen, listens, sinceUs });
    }
    return chosen;
  }

  /** Asks every member to close its connections and exit. */
  stop(): void {
    if (this.stopping) return;
    this.stopping = true;
    for (const { worker } of this.members) send(worker, { tell: "stop" });
  }

  private fork(start: ToMember & { readonly tell: "start" }): Promise<void> {
    const worker = forkMember();
    const state: MemberState = { worker, listens: start.listens, full: false };
    this.members.push(state);
    return new Promise((resolve, reject) => {
      worker.on("message", (message: ToPrimary) => {
        if (message.tell === "ready") send(worker, this.stopping ? { tell: "stop" } : start);
        else if (message.tell === "started") resolve();
        else if (message.tell === "failed") reject(cannotStart(message.why));
        else this.onMessage(state, message);
      });
      worker.on("exit", (code, signal) => {
        if (!this.stopping) reject(cannotStart(`process ended with ${signal ?? code}`));
        this.onExit(worker, signal ?? String(code));
      });
    });
  }

  private onExit(worker: Worker, how: string): void {
    const left = this.members.filter((member) => member.worker !== worker);
    this.members.length = 0;
    this.members.push(...left);
    if (!this.stopping) {
      this.stop();
      this.onEnd(`a process of the target ended with ${how}`);
    } else if (left.length === 0) this.onEnd(null);
  }

  private onMessage(member: MemberState, message: ToPrimary): void {
    switch (message.tell) {
      case "ready":
      case "started":
      case "failed":
        return;
      case "fullness":
        member.full = message.full;
        this.appoint();
        return;
      case "question":
        this.ask(member.worker, message.id, message.order);
        return;
      case "done":
        this.done(message.id, message.report);
        return;
      case "said":
        for (const { worker } of this.members) send(worker, message);
    }
  }

  /** Lets further members accept when those that do are full. */
  private appoint(): void {
    const accepting = this.members.filter((member) => member.listens && !member.full).length;
    let missing = this.options.listeners - accepting;
    for (const member of this.members) {
      if (missing <= 0) return;
      if (member.listens || member.full) continue;
      member.listens = true;
      missing -= 1;
      send(member.worker, { tell: "want", wanted: true });
    }
  }

  private ask(from: Worker, id: number, order: Order): void {
    const round = this.nextRound;
    this.nextRound += 1;
    this.rounds.set(round, { from, id, reports: [], missing: this.members.length });
    for (const { worker } of this.members) send(worker, { tell: "order", id: round, order });
  }

  private done(number: number, report: Report | null): void {
    const round = this.rounds.get(number);
    if (round === undefined) return;
    round.reports.push(report);
    round.missing -= 1;
    if (round.missing > 0) return;
    this.rounds.delete(number);
    const reports = round.reports.filter((answer) => answer !== null);
    send(round.from, { tell: "answers", id: round.id, reports });
  }
}

/** Node's cluster has no option for the program it starts members with, but it asks `process.execPath` at each fork. */
function forkMember(): Worker {
  const node = process.execPath;
  const { execPath, execArgv } = tiedFork(process.execArgv);
  cluster.setupPrimary({ execArgv });
  process.execPath = execPath;
  try {
    return cluster.fork();
  } finally {
    process.execPath = node;
  }
}

function send(worker: Worker, message: ToMember): void {
  if (worker.isConnected()) worker.send(message);
}

function cannotStart(why: string): OnrushError {
  return new OnrushError({
    code: "ONRUSH_TARGET_UNREACHABLE",
    message: `the target cannot start: ${why}`,
    remedy: "choose another --port or --host",
  });
}

/** A port that is free now; the first member takes it a moment later. */
function freePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", (error) => reject(cannotStart(error.message)));
    probe.listen({ host, port: 0 }, () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
