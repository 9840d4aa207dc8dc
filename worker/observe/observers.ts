/**
 * The observers of one engine. Called by the inbox, the correlator and the connection pool. Invariant: a scenario that uses
 * none costs nothing but the question whether there are any.
 */
import type { Conversation } from "../message/conversation.ts";
import type { ReceivedMessage } from "../message/received-message.ts";
import {
  type MakeObserver,
  type MessageObserver,
  type ObserverContext,
  Seen,
  type SentMessage,
  type SentTimes,
} from "./observer.ts";

export class Observers {
  readonly #all: readonly MessageObserver[];
  readonly #sent: readonly MessageObserver[];
  readonly #expiring: readonly MessageObserver[];
  readonly #closing: readonly MessageObserver[];
  readonly #stepping: readonly MessageObserver[];

  constructor(makers: readonly MakeObserver[], context: ObserverContext) {
    this.#all = makers.flatMap((make) => make(context) ?? []);
    this.#sent = this.#all.filter((one) => one.sent !== undefined);
    this.#expiring = this.#all.filter((one) => one.expire !== undefined);
    this.#closing = this.#all.filter((one) => one.closing !== undefined);
    this.#stepping = this.#all.filter((one) => one.settled !== undefined);
  }

  get isEmpty(): boolean {
    return this.#all.length === 0;
  }

  /** Some observer looks at what is sent. */
  get watchesSent(): boolean {
    return this.#sent.length > 0;
  }

  observe(conversation: Conversation, message: ReceivedMessage, isReply: boolean): Seen {
    let seen: Seen = Seen.no;
    for (const observer of this.#all) {
      const one: Seen = observer.observe?.(conversation, message, isReply, seen) ?? Seen.no;
      if (one === Seen.leaked) return one;
      if (one > seen) seen = one;
    }
    return seen;
  }

  opened(conversation: Conversation, nowUs: number): void {
    for (const observer of this.#all) observer.opened?.(conversation, nowUs);
  }

  ended(conversation: Conversation, nowUs: number, cutByUs: boolean): void {
    for (const observer of this.#all) observer.ended?.(conversation, nowUs, cutByUs);
  }

  sent(conversation: Conversation, position: number, message: SentMessage, times: SentTimes): void {
    for (const observer of this.#sent) observer.sent?.(conversation, position, message, times);
  }

  settled(conversation: Conversation, position: number, isAnswered: boolean): void {
    for (const observer of this.#stepping) observer.settled?.(conversation, position, isAnswered);
  }

  disturbed(conversation: Conversation, by: number): void {
    for (const observer of this.#all) observer.disturbed?.(conversation, by);
  }

  ponged(conversation: Conversation): void {
    for (const observer of this.#stepping) observer.ponged?.(conversation);
  }

  draining(conversation: Conversation): void {
    for (const observer of this.#stepping) observer.draining?.(conversation);
  }

  closing(conversation: Conversation, nowUs: number): boolean {
    // Those that only wait are last, and what they wait for comes before anybody's last steps.
    for (let at = this.#closing.length - 1; at >= 0; at--) {
      if (this.#closing[at]?.closing?.(conversation, nowUs)) return true;
    }
    return false;
  }

  expire(nowUs: number, ownerOf: (slot: number) => Conversation): void {
    for (const observer of this.#expiring) observer.expire?.(nowUs, ownerOf);
  }

  get nextDueUs(): number {
    let nextUs = Number.POSITIVE_INFINITY;
    for (const { nextDueUs = nextUs } of this.#expiring) nextUs = Math.min(nextUs, nextDueUs);
    return nextUs;
  }
}
