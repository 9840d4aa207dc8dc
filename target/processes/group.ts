/**
 * What one process knows of the group it belongs to: the counts of all, and orders to all. Called by the
 * pages. Two implementations: Alone, for a single process, and Member (member.ts). Invariant: an order
 * has been carried out by every process once its promise is fulfilled.
 */
import { monotonicUs } from "../../shared/time/clock.ts";
import type { StrainOrder } from "../behaviour/strain.ts";
import type { Behaviour } from "../behaviour-schema.ts";
import type { PeerCounts } from "../connection/peers.ts";
import type { ToldAnswer } from "../dialogue/answer-log.ts";
import type { RoomCounts } from "../dialogue/rooms.ts";
import type { StatsSnapshot } from "../stats.ts";
import type { Target } from "../target.ts";

/** How many connections, rooms and answers to list per process. */
export interface Wants {
  readonly connections: number;
  readonly rooms: number;
  readonly answers: number;
}

/** One process's answer. */
export interface Report {
  readonly stats: StatsSnapshot;
  readonly connections: readonly PeerCounts[];
  readonly rooms: readonly RoomCounts[];
  readonly answers: readonly ToldAnswer[];
}

export interface Group {
  /** In force in every process. */
  readonly behaviour: Behaviour;
  collect(wants: Wants): Promise<readonly Report[]>;
  /** Counts something of this process's conversations that no connection has done. */
  counted(name: string): void;
  reset(): Promise<void>;
  behave(behaviour: Behaviour): Promise<void>;
  /** null: gives back what was taken. */
  strain(order: StrainOrder | null): Promise<void>;
}

/** This process's part of the answer. */
export function reportOf(target: Target, wants: Wants): Report {
  return {
    stats: target.stats.snapshot(),
    connections: target.peers.counts(wants.connections),
    rooms: target.dialogue.rooms.counts(wants.rooms),
    answers: wants.answers === 0 ? [] : target.dialogue.answers.latest(wants.answers),
  };
}

/** Counts afresh in this process. */
export function resetCounts(target: Target): void {
  target.stats.reset();
  target.peers.resetCounts();
  target.dialogue.answers.clear();
}

export function strainTarget({ strain }: Target, order: StrainOrder | null): void {
  if (order === null) strain.end();
  else strain.begin(order);
}

/** A group of one. */
export class Alone implements Group {
  private readonly target: Target;

  constructor(target: Target) {
    this.target = target;
  }

  get behaviour(): Behaviour {
    return this.target.rules.behaviour;
  }

  collect(wants: Wants): Promise<readonly Report[]> {
    return Promise.resolve([reportOf(this.target, wants)]);
  }

  counted(name: string): void {
    this.target.stats.conversed(name);
  }

  reset(): Promise<void> {
    resetCounts(this.target);
    return Promise.resolve();
  }

  behave(behaviour: Behaviour): Promise<void> {
    this.target.behave(behaviour, monotonicUs());
    return Promise.resolve();
  }

  strain(order: StrainOrder | null): Promise<void> {
    strainTarget(this.target, order);
    return Promise.resolve();
  }
}
