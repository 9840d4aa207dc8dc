/**
 * The open connections of this process: adding, removing and picking one, each in constant time. Called
 * by the connections and by everything that concerns more than one of them. Invariant: `slot` of each
 * peer is its place in the list.
 */
import type { Peer } from "./peer.ts";

/** Connections that ended and are still listed by /stats?perConnection=1. */
const MAX_ENDED = 1000;
/** Tries to find a connection that a leaked reply may go to. */
const TRIES = 32;

/** Counts of one connection. */
export interface PeerCounts {
  readonly id: number;
  readonly open: boolean;
  readonly user: string | null;
  readonly rooms: number;
  readonly messagesIn: number;
  readonly messagesOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Of what it sent, hexadecimal; null where it is not taken. */
  readonly digest: string | null;
}

export class Peers {
  readonly list: Peer[] = [];
  private readonly ended: PeerCounts[] = [];
  private endedAt = 0;

  add(peer: Peer): void {
    peer.slot = this.list.length;
    this.list.push(peer);
  }

  remove(peer: Peer): void {
    if (peer.slot < 0) return;
    const last = this.list.pop();
    if (last !== undefined && last !== peer) {
      this.list[peer.slot] = last;
      last.slot = peer.slot;
    }
    peer.slot = -1;
    this.ended[this.endedAt] = countsOf(peer, false);
    this.endedAt = (this.endedAt + 1) % MAX_ENDED;
  }

  /** Another open peer that is not in `room`, near the place `draw` chooses; null when there is none. */
  stranger(peer: Peer, room: string | null, draw: number): Peer | null {
    const { list } = this;
    for (let step = 0; step < Math.min(TRIES, list.length); step += 1) {
      const other = list[(draw + step) % list.length];
      if (other === undefined || other === peer || !other.isOpen || other.muted) continue;
      if (room === null || other.rooms?.has(room) !== true) return other;
    }
    return null;
  }

  /** Counts of open connections, then of the latest ended ones; at most `limit`. */
  counts(limit: number): PeerCounts[] {
    const open = this.list.slice(0, limit).map((peer) => countsOf(peer, true));
    return [...open, ...this.ended].slice(0, limit);
  }

  /** Counting starts afresh for the open ones, and the ended ones are forgotten. */
  resetCounts(): void {
    this.ended.length = 0;
    this.endedAt = 0;
    for (const peer of this.list) {
      peer.messagesIn = 0;
      peer.messagesOut = 0;
      peer.bytesIn = 0;
      peer.bytesOut = 0;
    }
  }
}

function countsOf(peer: Peer, open: boolean): PeerCounts {
  const { id, user, messagesIn, messagesOut, bytesIn, bytesOut } = peer;
  const rooms = peer.rooms?.size ?? 0;
  const digest = peer.talk?.digest?.copy().digest("hex") ?? null;
  return { id, open, user, rooms, messagesIn, messagesOut, bytesIn, bytesOut, digest };
}
