/**
 * The target in one process: what its connections have in common, and what happens to a message that is
 * not simply echoed. Made by the entry of each process, called by the connections and the HTTP routes.
 * Invariant: everything seen and done is in `stats`, exactly.
 */
import { Buffer } from "node:buffer";
import { monotonicUs } from "../shared/time/clock.ts";
import { Closing, finish } from "./behaviour/closing.ts";
import { DelayQueue, type Due } from "./behaviour/delay-queue.ts";
import { Disturbance } from "./behaviour/disturbance.ts";
import type { Part } from "./behaviour/pick.ts";
import { Burden } from "./behaviour/process/burden.ts";
import { Clockwork } from "./behaviour/process/clockwork.ts";
import { Replies, type ReplyContext } from "./behaviour/replies.ts";
import { Rules, type UpgradeRule } from "./behaviour/rules.ts";
import { Strain } from "./behaviour/strain.ts";
import { refilled } from "./behaviour/token-bucket.ts";
import type { Behaviour } from "./behaviour-schema.ts";
import { Decoder } from "./connection/decoder.ts";
import { frameOf, Opcode, payloadStart } from "./connection/frame.ts";
import type { Peer } from "./connection/peer.ts";
import { Peers } from "./connection/peers.ts";
import type { HttpRequest } from "./connection/request.ts";
import { Conversation } from "./conversation/conversation.ts";
import { Dialogue, type Publish } from "./dialogue/dialogue.ts";
import { maySpeak } from "./dialogue/recognise.ts";
import { Stats } from "./stats.ts";

const OPEN_BRACE = 0x7b;

/** What a process is told when it starts. */
export interface TargetOptions {
  readonly part: Part;
  readonly behaviour: Behaviour;
  readonly subprotocols: readonly string[];
  readonly compression: boolean;
  /** Carries what is said to the group; null when there is only this process. */
  readonly publish: Publish | null;
}

/** A pong, or anything else small, that waits for the end of a stall. */
class Later implements Due {
  readonly dueUs: number;
  order = 0;
  private readonly act: () => void;

  constructor(dueUs: number, act: () => void) {
    this.dueUs = dueUs;
    this.act = act;
  }

  fire(): void {
    this.act();
  }
}

export class Target implements ReplyContext {
  readonly options: TargetOptions;
  readonly stats = new Stats();
  readonly queue = new DelayQueue();
  readonly peers = new Peers();
  readonly decoder = new Decoder();
  readonly closing: Closing;
  readonly dialogue: Dialogue;
  readonly conversation: Conversation;
  readonly disturbance: Disturbance;
  readonly strain: Strain;
  rules: Rules;
  /** Upgrades accepted and not answered yet; they count towards the cap. */
  private opening = 0;
  private connections = 0;
  readonly replies: Replies;
  readonly burden = new Burden(this.stats);
  readonly clockwork: Clockwork;

  constructor(options: TargetOptions) {
    this.options = options;
    this.rules = new Rules(options.behaviour, options.part, monotonicUs());
    this.replies = new Replies(this);
    this.closing = new Closing(this);
    this.dialogue = new Dialogue(this, this.replies, options.publish);
    this.conversation = new Conversation(this, this.replies, this.dialogue);
    this.disturbance = new Disturbance(this);
    this.clockwork = new Clockwork(this);
    this.strain = new Strain(this);
  }

  /** Puts a behaviour in force for every decision from now on. `sinceUs`: when its pauses start to count. */
  behave(behaviour: Behaviour, sinceUs: number): void {
    this.rules = new Rules(behaviour, this.options.part, sinceUs);
    this.closing.use(this.rules, monotonicUs());
    this.conversation.use(behaviour);
    this.disturbance.use(behaviour, sinceUs);
    this.clockwork.use(behaviour);
  }

  nextConnectionId(): number {
    this.connections += 1;
    return this.connections;
  }

  /** What happens to an upgrade that is in order: accepted, beyond the cap, or by a rule. `delayUs` is for those accepted. */
  admit(): {
    readonly admission: "accept" | "full" | "ignored" | UpgradeRule;
    readonly delayUs: number;
  } {
    const nowUs = monotonicUs();
    const { rules, stats } = this;
    const rule = rules.nextUpgrade(nowUs);
    if (rule !== null) return { admission: rule, delayUs: 0 };
    const { cap } = rules.behaviour;
    const isFull = stats.open + this.opening >= rules.capConnections;
    if (isFull && (cap?.hang === true || cap?.status !== undefined)) {
      stats.behaviours.capped += 1;
      return { admission: cap.hang ? "ignored" : "full", delayUs: 0 };
    }
    this.burden.upgrade(rules.behaviour);
    const slowUs = rules.upgradeDelay?.nextUs() ?? 0;
    const delayUs = rules.stallReleaseUs(nowUs + slowUs) - nowUs;
    if (slowUs > 0) stats.behaviours.upgradesDelayed += 1;
    return { admission: "accept", delayUs };
  }

  /** Runs `act` after `delayUs`; `act` counts as an opening connection until then. */
  openLater(delayUs: number, act: () => void): void {
    this.opening += 1;
    const open = (): void => {
      this.opening -= 1;
      act();
    };
    if (!this.queue.push(new Later(monotonicUs() + delayUs, open))) open();
  }

  /** Runs `act` after `delayUs`; at once when the queue is full. */
  later(delayUs: number, act: () => void): void {
    if (!this.queue.push(new Later(monotonicUs() + delayUs, act))) act();
  }

  opened(peer: Peer, request: HttpRequest): void {
    const { stats, rules } = this;
    const nowUs = monotonicUs();
    const { cap } = rules.behaviour;
    const full = stats.open >= rules.capConnections;
    stats.connectionAccepted();
    this.peers.add(peer);
    peer.acceptedUs = nowUs;
    peer.lastInUs = nowUs;
    if (full && cap?.close !== undefined) {
      stats.behaviours.capped += 1;
      finish(peer, { how: "close", code: cap.close, reason: cap.reason });
      return;
    }
    if (rules.zombie?.next() === true) {
      peer.muted = true;
      stats.behaviours.zombies += 1;
    }
    this.closing.watch(peer, nowUs);
    this.conversation.opened(peer, request);
  }

  ended(peer: Peer, code: number, by: "client" | "target" | "nobody"): void {
    this.peers.remove(peer);
    this.dialogue.rooms.leaveAll(peer);
    if (peer.talk !== null) this.conversation.ended(peer);
    if (peer.held !== null) this.stats.behaviours.undeliverable += 1;
    peer.held = null;
    this.stats.connectionEnded(code, by);
  }

  /** Whether a message is to be echoed at once and nothing else; text in [from, to). */
  isPlain(opcode: number, bytes: Buffer, from: number, to: number): boolean {
    if (!this.rules.plain) return false;
    return opcode !== Opcode.text || bytes[from] !== OPEN_BRACE || !maySpeak(bytes, from, to);
  }

  /** A whole message, as a complete server frame that is only valid during the call. */
  message(peer: Peer, frame: Buffer): void {
    const start = payloadStart(frame);
    const { stats, rules } = this;
    peer.messagesIn += 1;
    peer.bytesIn += frame.length - start;
    stats.messagesIn += 1;
    stats.bytesIn += frame.length - start;
    if (!peer.isOpen || !this.allows(peer)) return;
    this.burden.message(rules.behaviour, frame.length - start);
    if (!this.understands(peer, frame, start)) {
      this.replies.send(peer, "echo", Buffer.from(frame));
    }
    this.closing.counted(peer);
  }

  /** Whether the conversation or the dialogue has taken a message. */
  private understands(peer: Peer, frame: Buffer, start: number): boolean {
    if (peer.muted) return false;
    const isText = ((frame[0] ?? 0) & 0x0f) === Opcode.text;
    if (peer.talk !== null && this.conversation.heard(peer, frame.subarray(start), isText)) {
      return true;
    }
    if (!isText || frame[start] !== OPEN_BRACE || !maySpeak(frame, start, frame.length))
      return false;
    return this.dialogue.handle(peer, frame.toString("utf8", start));
  }

  /** A ping; answered at once unless a stall holds it back. */
  ping(peer: Peer, payload: Buffer): void {
    const { stats } = this;
    stats.pings += 1;
    if (peer.muted) {
      stats.behaviours.silenced += 1;
      return;
    }
    const pong = frameOf(Opcode.pong, payload);
    const answer = (): void => {
      if (!peer.isOpen) return;
      stats.pongs += 1;
      peer.write(pong);
    };
    const nowUs = monotonicUs();
    const waitUs = this.rules.stallReleaseUs(nowUs) - nowUs;
    if (waitUs > 0) this.later(waitUs, answer);
    else answer();
  }

  /** A client broke the protocol, or sent a message that is too big. */
  violated(code: number, what: string): void {
    this.stats.violation(code, what);
    if (code === 1009) this.stats.behaviours.tooBig += 1;
  }

  /** False when the connection was closed for sending too fast. */
  private allows(peer: Peer): boolean {
    const { rate } = this.rules.behaviour.limits;
    if (rate === undefined) return true;
    const nowUs = monotonicUs();
    const burst = rate.burst ?? Math.max(1, Math.ceil(rate.perSec));
    const elapsedUs = peer.rateAtUs < 0 ? Number.POSITIVE_INFINITY : nowUs - peer.rateAtUs;
    peer.rateTokens = refilled(peer.rateTokens, elapsedUs, rate.perSec, burst) - 1;
    peer.rateAtUs = nowUs;
    if (peer.rateTokens >= 0) return true;
    this.stats.behaviours.rateLimited += 1;
    peer.close(rate.code, rate.reason);
    return false;
  }
}
