/**
 * Carries out the behaviours of the whole process at their times. Called by the target when the behaviour changes. Invariants:
 * one timer a behaviour, and none of one that is no longer in force; an act that comes late is not made up for.
 */
import type { Buffer } from "node:buffer";
import { type Behaviour, rulesOf } from "../../behaviour-schema.ts";
import { frameOf, Opcode } from "../../connection/frame.ts";
import type { Peers } from "../../connection/peers.ts";
import type { Stats } from "../../stats.ts";
import type { DelayQueue } from "../delay-queue.ts";
import type { Disturbance } from "../disturbance.ts";
import { standStill } from "../pause.ts";
import type { Replies } from "../replies.ts";
import { type Burden, burn } from "./burden.ts";
import type { ProcessBehaviour, ProcessHands } from "./process-behaviour.ts";
import { PROCESS_BEHAVIOURS } from "./registry.ts";

interface Context {
  readonly stats: Stats;
  readonly peers: Peers;
  readonly burden: Burden;
  readonly disturbance: Disturbance;
  readonly replies: Replies;
  readonly queue: DelayQueue;
}

export class Clockwork implements ProcessHands {
  private readonly context: Context;
  private timers: NodeJS.Timeout[] = [];

  constructor(context: Context) {
    this.context = context;
  }

  use(behaviour: Behaviour): void {
    this.stop();
    const all: readonly ProcessBehaviour[] = PROCESS_BEHAVIOURS;
    for (const one of all) {
      const [given] = rulesOf(behaviour.process, one.meta.name);
      if (given === undefined) continue;
      const act = () => one.act(given, this);
      this.timers.push(setInterval(act, one.everyMs(given)).unref());
    }
  }

  stop(): void {
    for (const timer of this.timers) clearInterval(timer);
    this.timers = [];
  }

  get keptBytes(): number {
    return this.context.burden.keptBytes;
  }

  get waiting(): number {
    return this.context.queue.length;
  }

  get open(): number {
    return this.context.peers.list.length;
  }

  release(): void {
    this.context.burden.release();
  }

  standStill(forMs: number): void {
    standStill(forMs);
  }

  burn(forMs: number): void {
    burn(forMs);
  }

  toEveryone(payload: Buffer, most: number): number {
    const { peers, replies } = this.context;
    const frame = frameOf(Opcode.text, payload);
    let delivered = 0;
    // A peer that has not read for long is reset, and leaves the list.
    for (const peer of [...peers.list]) {
      if (delivered >= most) break;
      if (!peer.muted && replies.transmit(peer, frame, payload.length)) delivered += 1;
    }
    return delivered;
  }

  fail(forMs: number): void {
    this.context.disturbance.fail({ forMs, how: "reset", code: null, reason: "" });
  }

  count(name: string, times = 1): void {
    this.context.stats.behaved(name, times);
  }
}
