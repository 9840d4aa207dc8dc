/**
 * The three messages the target understands: join, say and ask. Called by the target for a text that may
 * be one of them. Invariant: what is not exactly one of the three is left to the echo.
 */
import { systemClock } from "../../shared/time/clock.ts";
import type { Replies, ReplyContext } from "../behaviour/replies.ts";
import type { ReplyKind } from "../behaviour/reply-kind.ts";
import { textFrame } from "../connection/frame.ts";
import type { Peer } from "../connection/peer.ts";
import { lineOf } from "../conversation/line.ts";
import { Agent } from "./agent.ts";
import type { AnswerLog } from "./answer-log.ts";
import { MAX_NAME_LENGTH } from "./bounds.ts";
import { Rooms } from "./rooms.ts";

/** Carries what is said to every process of the group, this one included. */
export type Publish = (room: string, text: string) => void;

export class Dialogue {
  readonly rooms: Rooms;
  private readonly agent: Agent;
  private readonly context: ReplyContext;
  private readonly replies: Replies;
  private readonly publish: Publish;

  /** Without `publish`, what is said stays in this process. */
  constructor(context: ReplyContext, replies: Replies, publish: Publish | null) {
    this.context = context;
    this.replies = replies;
    this.rooms = new Rooms(replies);
    this.agent = new Agent(context, replies);
    this.publish = publish ?? ((room, text) => this.rooms.deliver(room, text));
  }

  /** Of the agent. */
  get answers(): AnswerLog {
    return this.agent.log;
  }

  /** Handles a text; false when it is none of ours, and is to be echoed. */
  handle(peer: Peer, text: string): boolean {
    const message = parsed(text);
    return message !== null && this.take(peer, message);
  }

  /** Handles a message; false when it is none of ours. */
  take(peer: Peer, message: Readonly<Record<string, unknown>>): boolean {
    switch (message["type"]) {
      case "join":
        return this.join(peer, message);
      case "say":
        return this.say(peer, message);
      case "ask":
        return this.ask(peer, message);
      default:
        return false;
    }
  }

  private join(peer: Peer, message: Readonly<Record<string, unknown>>): boolean {
    const room = message["room"];
    if (typeof room !== "string") return false;
    this.learnUser(peer, message);
    if (!this.rooms.join(peer, room)) return false;
    this.context.stats.joins += 1;
    const { id } = message;
    this.answer(peer, "joined", { type: "joined", id, room });
    return true;
  }

  private say(peer: Peer, message: Readonly<Record<string, unknown>>): boolean {
    const { id, room, text } = message;
    if (typeof room !== "string" || room.length > MAX_NAME_LENGTH) return false;
    this.learnUser(peer, message);
    this.context.stats.says += 1;
    const said = peer.said ?? new Map<string, number>();
    // Numbers of rooms never joined are not worth remembering, and would be unbounded.
    const isMember = peer.rooms?.has(room) === true;
    const seq = (said.get(room) ?? 0) + 1;
    if (isMember) peer.said = said.set(room, seq);
    this.answer(peer, "ack", { type: "ack", id });
    const from = peer.user ?? this.nameOf(peer);
    const ts = systemClock.wallMs();
    this.publish(room, JSON.stringify({ type: "said", room, from, seq, ts, text }));
    return true;
  }

  private ask(peer: Peer, message: Readonly<Record<string, unknown>>): boolean {
    const { id } = message;
    if (id === undefined) return false;
    this.learnUser(peer, message);
    if (!this.agent.ask(peer, { id, user: peer.user ?? undefined })) return false;
    this.context.stats.asks += 1;
    return true;
  }

  private answer(peer: Peer, kind: ReplyKind, message: Readonly<Record<string, unknown>>): void {
    const line = peer.talk?.isText === true ? lineOf(message) : null;
    this.replies.send(peer, kind, textFrame(line ?? JSON.stringify(message)));
  }

  private learnUser(peer: Peer, message: Readonly<Record<string, unknown>>): void {
    const { user } = message;
    if (typeof user === "string" && user.length <= MAX_NAME_LENGTH) peer.user = user;
  }

  /** A name no other connection of the group has. */
  private nameOf(peer: Peer): string {
    return `connection-${this.context.rules.part.index}-${peer.id}`;
  }
}

function parsed(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
