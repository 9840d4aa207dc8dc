/**
 * What a connection's conversation has beside the dialogue: the parts the behaviour names, and those its path names below
 * /with/ (`/with/welcome,login`). Called by the opening and the target. Invariants: a connection keeps the parts it was
 * opened with; one without parts is left to the plain path.
 */
import type { Buffer } from "node:buffer";
import { systemClock } from "../../shared/time/clock.ts";
import { draw32, Stream } from "../../shared/time/random.ts";
import type { Replies, ReplyContext } from "../behaviour/replies.ts";
import type { ReplyKind } from "../behaviour/reply-kind.ts";
import type { Behaviour } from "../behaviour-schema.ts";
import { textFrame } from "../connection/frame.ts";
import type { Peer } from "../connection/peer.ts";
import type { HttpRequest } from "../connection/request.ts";
import type { Dialogue } from "../dialogue/dialogue.ts";
import type { Part, PartHands, Said } from "./part.ts";
import { PARTS } from "./registry.ts";
import { Talk } from "./talk.ts";

const PREFIX = "/with/";
/** Bytes; of a longer text no part sees what it says. */
const MAX_TEXT = 65_536;
/** Indexes of draws that no other decision uses. */
const DRAWS = 1_000_000_000;

interface Active {
  readonly part: Part;
  readonly given: never;
}

interface ConversationContext extends ReplyContext {
  later(delayUs: number, act: () => void): void;
}

export class Conversation implements PartHands {
  private readonly context: ConversationContext;
  private readonly replies: Replies;
  private readonly dialogue: Dialogue;
  /** The parts of a list of names, under the behaviour in force. */
  private readonly known = new Map<string, readonly Active[] | null>();
  private readonly active = new WeakMap<Talk, readonly Active[]>();

  constructor(context: ConversationContext, replies: Replies, dialogue: Dialogue) {
    this.context = context;
    this.replies = replies;
    this.dialogue = dialogue;
  }

  use(_: Behaviour): void {
    this.known.clear();
  }

  /** Why an upgrade is turned away; null when it is not. */
  refusalOf(request: HttpRequest): { readonly status: number; readonly why: string } | null {
    const parts = this.partsOf(request);
    if (parts === null)
      return { status: 404, why: `no such part of a conversation; there are ${NAMES}` };
    for (const { part } of parts) {
      const entry = part.enter?.(request) ?? null;
      if (entry === null || !("status" in entry)) continue;
      if (entry.status === 401) this.count("tokensRefused");
      return entry;
    }
    return null;
  }

  opened(peer: Peer, request: HttpRequest): void {
    const parts = this.partsOf(request);
    if (parts === null || parts.length === 0) return;
    const talk = new Talk();
    peer.talk = talk;
    this.active.set(talk, parts);
    for (const { part, given } of parts) {
      const entry = part.enter?.(request) ?? null;
      if (entry !== null && "user" in entry) {
        peer.user = entry.user;
        talk.resumed = entry.resumed;
        talk.untilMs = entry.untilMs ?? 0;
      }
      part.opened?.(peer, given, this);
    }
  }

  /** True when a part has taken the message. */
  heard(peer: Peer, payload: Buffer, isText: boolean): boolean {
    const parts = this.partsOfPeer(peer);
    const text = isText && payload.length <= MAX_TEXT ? payload.toString("utf8") : "";
    const said: Said = { payload, isText, text, json: objectIn(text) };
    for (const { part, given } of parts) {
      if (part.heard?.(peer, said, { given, hands: this }) === true) return true;
    }
    return false;
  }

  ended(peer: Peer): void {
    for (const { part } of this.partsOfPeer(peer)) part.ended?.(peer, this);
    const waiting = peer.talk?.waiting.length ?? 0;
    this.context.stats.behaviours.undeliverable += waiting;
    if (peer.talk !== null) peer.talk.waiting = [];
  }

  say(peer: Peer, kind: ReplyKind, text: string): void {
    this.replies.send(peer, kind, textFrame(text));
  }

  close(peer: Peer, code: number | null, reason: string): void {
    peer.close(code, reason);
  }

  count(name: string): void {
    this.context.stats.conversed(name);
  }

  later(delayMs: number, act: () => void): void {
    this.context.later(1000 * delayMs, act);
  }

  draw(index: number, counter: number): number {
    const { behaviour, part } = this.context.rules;
    const place = DRAWS + index * part.count + part.index;
    return draw32(behaviour.seed, Stream.target, place, counter);
  }

  rooms(peer: Peer, message: Readonly<Record<string, unknown>>): boolean {
    return this.dialogue.take(peer, message);
  }

  nowMs(): number {
    return systemClock.wallMs();
  }

  private partsOfPeer(peer: Peer): readonly Active[] {
    return (peer.talk === null ? undefined : this.active.get(peer.talk)) ?? [];
  }

  /** Null when the path names a part there is not. */
  private partsOf(request: HttpRequest): readonly Active[] | null {
    const path = request.path.split("?")[0] ?? "";
    const names = path.startsWith(PREFIX) ? path.slice(PREFIX.length) : "";
    const known = this.known.get(names);
    if (known !== undefined) return known;
    const parts = this.partsNamed(names === "" ? [] : names.split(","));
    // Names of parts only: a path that is wrong is not worth remembering, and would be unbounded.
    if (parts !== null && this.known.size < MAX_KNOWN) this.known.set(names, parts);
    return parts;
  }

  private partsNamed(names: readonly string[]): readonly Active[] | null {
    const { conversation } = this.context.rules.behaviour;
    const given = conversation as Readonly<Record<string, unknown>>;
    if (names.some((name) => !PARTS.some(({ meta }) => meta.name === name))) return null;
    return PARTS.filter(
      ({ meta }) => given[meta.name] !== undefined || names.includes(meta.name),
    ).map((part) => ({ part, given: (given[part.meta.name] ?? part.rule.parse({})) as never }));
  }
}

const NAMES = PARTS.map(({ meta }) => meta.name).join(", ");
/** Lists of names that are remembered. */
const MAX_KNOWN = 1000;

function objectIn(text: string): Readonly<Record<string, unknown>> | null {
  if (!text.startsWith("{")) return null;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return null;
  }
}
