/**
 * Rooms: who is in which, and delivery of what was said to every member. Called by the dialogue. In a
 * group every process has its own members, and what is said goes through the group to all of them.
 * Invariants: members of one process get the messages of a room in one order; rooms and names are bounded.
 */
import type { Buffer } from "node:buffer";
import type { Replies } from "../behaviour/replies.ts";
import { textFrame } from "../connection/frame.ts";
import type { Peer } from "../connection/peer.ts";
import { lineOf } from "../conversation/line.ts";
import { MAX_NAME_LENGTH } from "./bounds.ts";

/** Rooms with members at once, rooms per connection. */
const MAX_ROOMS = 100_000;
const MAX_ROOMS_PER_PEER = 64;

interface Room {
  readonly members: Set<Peer>;
  /** Messages said while it had members here, and their deliveries. */
  said: number;
  delivered: number;
}

/** Counts of one room in this process. */
export interface RoomCounts {
  readonly room: string;
  readonly members: number;
  readonly said: number;
  readonly delivered: number;
}

export class Rooms {
  private readonly rooms = new Map<string, Room>();
  private readonly replies: Replies;

  constructor(replies: Replies) {
    this.replies = replies;
  }

  /** False when a bound forbids it. Joining twice is joining once. */
  join(peer: Peer, name: string): boolean {
    if (name.length > MAX_NAME_LENGTH) return false;
    const joined = peer.rooms ?? new Set<string>();
    if (joined.has(name)) return true;
    let room = this.rooms.get(name);
    if (joined.size >= MAX_ROOMS_PER_PEER) return false;
    if (room === undefined) {
      if (this.rooms.size >= MAX_ROOMS) return false;
      room = { members: new Set(), said: 0, delivered: 0 };
      this.rooms.set(name, room);
    }
    room.members.add(peer);
    joined.add(name);
    peer.rooms = joined;
    return true;
  }

  /** Takes a connection that ended out of all its rooms; empty rooms go. */
  leaveAll(peer: Peer): void {
    if (peer.rooms === null) return;
    for (const name of peer.rooms) {
      const room = this.rooms.get(name);
      room?.members.delete(peer);
      if (room?.members.size === 0) this.rooms.delete(name);
    }
    peer.rooms = null;
  }

  /** Gives a text to every member in this process. */
  deliver(name: string, text: string): void {
    const room = this.rooms.get(name);
    if (room === undefined) return;
    const frame: Buffer = textFrame(text);
    let line: Buffer | null = null;
    room.said += 1;
    for (const member of room.members) {
      room.delivered += 1;
      let own = frame;
      if (member.talk?.isText === true) {
        line ??= lineFrame(text);
        own = line;
      }
      this.replies.send(member, "said", own, name);
    }
  }

  /** Counts per room, at most `limit` rooms. */
  counts(limit: number): RoomCounts[] {
    const counts: RoomCounts[] = [];
    for (const [room, { members, said, delivered }] of this.rooms) {
      if (counts.length >= limit) break;
      counts.push({ room, members: members.size, said, delivered });
    }
    return counts;
  }
}

/** What was said, for members that speak text. */
function lineFrame(json: string): Buffer {
  return textFrame(lineOf(JSON.parse(json) as Record<string, unknown>) ?? json);
}
