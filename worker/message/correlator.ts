/**
 * The correlator: sends messages, and finds for each that comes what it is: the reply to one of them, or something else, which
 * observers may know. Called by connections (incoming messages) and the engine (due sends, time-outs); one
 * instance per engine. Invariants: every message sent that expects a reply ends as exactly one of matched, rejected, timedOut,
 * corruptReplies or unanswered, and every message received as exactly one of matched, rejected, late, duplicated, corrupt,
 * leaked, recognised or unsolicited.
 */
import { namesOf } from "../../shared/scenario/names.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import { type RenderContext, STATIC_CONTEXT } from "../../shared/scenario/template/render.ts";
import { UserMarks } from "../../shared/scenario/template/user-marks.ts";
import type { ReadyPayloads } from "../hooks/ready-payloads.ts";
import { type Clocks, type MakeObserver, Seen } from "../observe/observer.ts";
import { Observers } from "../observe/observers.ts";
import { MESSAGE } from "../record/message-counters.ts";
import { COUNT, type Recorder, TARGET } from "../record/recorder.ts";
import type { DriverSocket } from "../socket/driver.ts";
import { Activity } from "./activity.ts";
import { type ExtraMessage, rememberKept } from "./backlog.ts";
import { Captures } from "./captures.ts";
import { type Conversation, type Grace, Incoming, Outgoing } from "./conversation.ts";
import { Echoes } from "./echoes.ts";
import { Payloads } from "./payload.ts";
import { damaged, Match } from "./payload-variant.ts";
import { NONE, PendingTable } from "./pending-table.ts";
import { ReceivedMessage } from "./received-message.ts";
import { ReplyExpressions } from "./reply-expressions.ts";
import { ReplySearch } from "./reply-search.ts";
import { Settlement } from "./settlement.ts";
import { ShardRows } from "./shard-rows.ts";
import { splitterFor } from "./split.ts";
import type { Splitter } from "./splitter.ts";
import { stampTag } from "./stamp.ts";
import { StampedEcho } from "./stamped-echo.ts";
import { UnmatchedMessages } from "./unmatched.ts";

/** Above this many records, expired ones are settled as lost at once instead of awaiting a late reply. */
const MAX_REMEMBERED = 1 << 20;

export interface CorrelatorOptions {
  readonly run: string;
  /** Shards of the run; one by default. */
  readonly shards?: number;
  readonly framed: boolean;
  readonly standstill: Grace;
  /** Those of the scenario that have something to do are made; none by default. */
  readonly observers?: readonly MakeObserver[];
  /** Sends the name at a position on a connection; for observers. */
  readonly sendNow?: (conversation: Conversation, position: number) => boolean;
  readonly phaseAt?: (runUs: number) => number;
  /** Run time, and the wall clock; standing still by default. */
  readonly clocks?: Clocks;
  /** What hooks have made to be sent. */
  readonly made?: ReadyPayloads | null;
}

export class Correlator {
  readonly pending: PendingTable;
  readonly incoming = new Incoming();
  readonly outgoing = new Outgoing();
  readonly unmatched = new UnmatchedMessages();
  readonly activity = new Activity();
  readonly context: RenderContext;
  /** Of data, that came with slices. */
  readonly rows: ShardRows;
  readonly captures: Captures;
  readonly observers: Observers;
  readonly #recorder: Recorder;
  readonly #payloads: Payloads;
  readonly #replies: ReplySearch;
  readonly #echoes: Echoes;
  readonly #settlement: Settlement;
  readonly #standstill: Grace;
  readonly #splitter: Splitter | null;
  readonly #message: ReceivedMessage;
  readonly #replyCounts: readonly number[];

  constructor(scenario: StrictScenario, recorder: Recorder, options: CorrelatorOptions) {
    const names = namesOf(scenario);
    const { incoming, captures } = scenario;
    this.#recorder = recorder;
    this.#standstill = options.standstill;
    const audit = scenario.integrity.stamp;
    const tag = stampTag(options.run);
    const expressions = new ReplyExpressions(names);
    this.#payloads = new Payloads(scenario, {
      ...{ framed: options.framed, made: options.made ?? null },
      ...{ tag, expressions },
    });
    this.rows = new ShardRows(options.shards ?? 1);
    this.context = {
      ...STATIC_CONTEXT,
      seed: scenario.seed,
      marks: new UserMarks(options.run),
      rows: this.rows,
    };
    this.#replyCounts = names.map(({ reply }) => (reply.match === "none" ? 0 : reply.replies));
    this.pending = new PendingTable(
      names.map(({ reply }) => (reply.match === "none" ? 0 : reply.withinUs)),
      expressions.isKeyed,
    );
    this.captures = new Captures(scenario, (value, { slot }) => {
      recorder.keepSecret(value);
      this.activity.authenticated(slot, this.incoming.nowUs);
    });
    this.#message = new ReceivedMessage(
      incoming.parse,
      captures.map(({ name }) => name),
    );
    this.#splitter = splitterFor(incoming.split);
    this.#replies = new ReplySearch(this.pending, this.#payloads, expressions);
    this.#settlement = new Settlement({
      ...{ table: this.pending, recorder, incoming: this.incoming, audit },
      ...{ captures: this.captures, expressions },
      lists: names.map(({ reply }) =>
        reply.match === "none" || reply.capture.length === 0
          ? null
          : this.captures.compile(reply.capture),
      ),
    });
    const stamped = new StampedEcho(this.pending, this.#payloads, tag);
    const { incoming: received } = this;
    const settlement = this.#settlement;
    this.#echoes = new Echoes({ incoming: received, stamped, settlement, tag, audit });
    this.observers = new Observers(options.observers ?? [], {
      ...{ scenario, recorder, run: options.run, captures: this.captures },
      contextOf: (conversation) => this.contextOf(conversation),
      send: options.sendNow ?? (() => false),
      phaseAt: options.phaseAt ?? (() => 0),
      nowUs: () => this.incoming.nowUs,
      keepUnmatched: (conversation, sinceUs) =>
        this.unmatched.keep(conversation, this.incoming, sinceUs),
      clocks: options.clocks ?? { nowUs: () => 0, wallMs: () => 0 },
    });
  }

  /** The context of what this connection renders next. */
  contextOf(conversation: Conversation): RenderContext {
    const { context } = this;
    context.connectionIndex = conversation.index;
    context.incarnation = conversation.incarnation;
    context.attempt = conversation.attempt;
    context.seq = conversation.seq;
    context.captured = conversation.captured;
    return context;
  }

  /** Sends `outgoing` now. */
  send(conversation: Conversation, socket: DriverSocket): void {
    const { name, phase, intendedUs, nowUs } = this.outgoing;
    const payloads = this.#payloads;
    payloads.build(name, conversation, this.contextOf(conversation));
    const gone = socket.send(payloads.bytes, payloads.binary);
    if (!gone) rememberKept(conversation, socket, payloads.kept(name, phase));
    this.#recorder.sent(phase, name, payloads.payloadBytes);
    this.activity.sent(conversation.slot, name, payloads.payloadBytes, nowUs);
    this.#recorder.targets.count(phase, conversation.target, TARGET.sent);
    if (payloads.match !== Match.none) {
      this.#recorder.message(MESSAGE.expected, phase, name, conversation.target);
      const { entry } = this.pending;
      entry.definition = name;
      entry.seq = conversation.seq;
      entry.slot = conversation.slot;
      entry.phase = phase;
      entry.size = payloads.payloadBytes;
      entry.hash = payloads.hash;
      entry.intendedUs = intendedUs;
      entry.sentUs = nowUs;
      entry.replies = this.#replyCounts[name] as number;
      this.pending.remember(this.pending.add(conversation), payloads);
    }
    conversation.seq++;
    if (this.observers.watchesSent) {
      this.observers.sent(conversation, name, payloads, { phase, intendedUs, nowUs });
    }
  }

  /** Sends one more message of this name, which nothing is expected of. @param as what, while it waits */
  sendExtra(to: Conversation, socket: DriverSocket, name: number, as: ExtraMessage): void {
    const payloads = this.#payloads;
    // Its stamp is of no socket that the connection has or had: an echo of it is nobody's reply.
    payloads.build(name, { index: to.index, incarnation: 0 }, this.contextOf(to));
    const { bytes, binary, payloadBytes } = payloads;
    const sent = as.isDamaged ? damaged(bytes, bytes.length - payloadBytes) : bytes;
    if (!socket.send(sent, binary)) rememberKept(to, socket, payloads.kept(as.name, as.phase));
    this.activity.sent(to.slot, name, payloadBytes, as.atUs);
    to.seq++;
  }

  /** Settles `incoming`, a whole message from the target. */
  receive(conversation: Conversation): void {
    const { incoming } = this;
    incoming.judgedUs = incoming.nowUs - this.#standstill.graceUs;
    const bytes = incoming.end - incoming.start;
    this.#recorder.received(incoming.phase, conversation.role, bytes);
    this.activity.received(conversation.slot, bytes, incoming.nowUs);
    const splitter = this.#splitter;
    if (splitter === null) {
      this.#receivePart(conversation);
      return;
    }
    splitter.begin(incoming, conversation);
    let parts = 0;
    for (; splitter.next(); parts++) {
      incoming.start = splitter.start;
      incoming.end = splitter.end;
      if (parts > 0) this.#settlement.count(COUNT.parts);
      this.#receivePart(conversation);
    }
    if (parts === 0) this.#settlement.count(COUNT.recognised);
  }

  /** Times out what is overdue. `ownerOf` finds the conversation of a slot. */
  expire(nowUs: number, ownerOf: (slot: number) => Conversation): void {
    const table = this.pending;
    for (let name = 0; name < this.#replyCounts.length; name++) {
      for (let record = table.overdue(name, nowUs); record !== NONE; ) {
        const owner = ownerOf(table.slotOf(record));
        this.#settlement.timeOut(owner, record);
        if (table.used > MAX_REMEMBERED) {
          this.#recorder.count(table.phaseOf(record), COUNT.lost, 1);
          table.remove(owner, record);
        }
        owner.onSettled(name, false);
        record = table.overdue(name, nowUs);
      }
    }
    this.observers.expire(nowUs, ownerOf);
  }

  /** When a message or something observed times out next; Infinity when nothing is waited for. */
  get nextDeadlineUs(): number {
    return Math.min(this.pending.nextDeadlineUs, this.observers.nextDueUs);
  }

  /**
   * The connection is over: what it still waited for is unanswered, and with what timed out, lost. When we cut it
   * ourselves, a reply on its way is unanswered by our doing: neither a failure nor a loss.
   */
  settleAll(conversation: Conversation, cutByUs: boolean): void {
    const table = this.pending;
    this.observers.ended(conversation, this.incoming.nowUs, cutByUs);
    for (let record = conversation.pendingHead; record !== NONE; ) {
      const next = table.nextOf(record);
      const phase = table.phaseOf(record);
      const expired = table.isExpired(record);
      if (!expired) {
        const name = table.definition(record);
        this.#recorder.message(MESSAGE.unanswered, phase, name, conversation.target);
        if (!cutByUs) this.#settlement.fail(conversation, "unanswered", record);
      }
      if (expired || !cutByUs) this.#recorder.count(phase, COUNT.lost, 1);
      table.remove(conversation, record);
      record = next;
    }
  }

  #receivePart(conversation: Conversation): void {
    const { incoming } = this;
    if (incoming.binary && this.#echoes.receive(conversation)) return;
    const isObserved = !this.observers.isEmpty;
    if (!isObserved && conversation.pendingHead === NONE) {
      this.#unsolicited(conversation);
      return;
    }
    const message = this.#message;
    message.take(incoming, this.contextOf(conversation));
    const record = this.#replies.find(conversation, message);
    if (this.#replies.troubled) this.#failSearch(conversation);
    const { ambiguous, rejected } = this.#replies;
    const isReply = record !== NONE;
    message.isRejection = isReply && rejected;
    const seen = isObserved ? this.observers.observe(conversation, message, isReply) : Seen.no;
    if (seen === Seen.leaked) this.#settlement.count(COUNT.leaked);
    else if (isReply)
      this.#settlement.settle(conversation, { record, ambiguous, rejected }, message);
    else if (seen === Seen.yes) this.#settlement.count(COUNT.recognised);
    else this.#unsolicited(conversation);
    message.drop();
  }

  #unsolicited(conversation: Conversation): void {
    this.#settlement.count(COUNT.unsolicited);
    if (conversation.pendingCount === 0) return;
    const table = this.pending;
    let record = conversation.pendingHead;
    while (table.isExpired(record)) record = table.nextOf(record);
    this.unmatched.keep(conversation, this.incoming, table.sentUsOf(record));
  }

  /** The message could not be compared with all that it may answer. */
  #failSearch(conversation: Conversation): void {
    const { costly, isUnread } = this.#replies;
    if (costly !== NONE) this.#settlement.failWith(conversation, "scenario-cost", costly);
    if (isUnread) this.#settlement.failWith(conversation, "message-unread", NONE);
  }
}
