/**
 * What a correlator should count, the slow and obvious way: every message sent is kept whole, and a reply is looked up by
 * comparing it with all of them. Knows nothing of stamps, hashes, lists or the wire. Used by correlation.test.ts.
 */
import type { NameCounter, PhaseCounter } from "../../shared/stats/counters.ts";
import { MAX_TRIED, REMEMBERED_US } from "../../worker/message/reply-search.ts";

export interface ModelMessage {
  readonly withinUs: number;
  /** The echo says whose it is. */
  readonly stamped: boolean;
  /** Whether a message that is no stamped echo is the reply to one sent; null: none is expected. */
  readonly fits: ((sent: string, reply: string) => boolean) | null;
}

interface Sent {
  readonly name: number;
  readonly phase: number;
  readonly seq: number;
  readonly payload: string;
  readonly sentUs: number;
  timedOut: boolean;
}

interface Moment {
  readonly nowUs: number;
  readonly phase: number;
}

export class CorrelationModel {
  readonly counts = new Map<PhaseCounter, number>();
  readonly byName = new Map<string, number>();
  readonly serviceUs: number[] = [];
  readonly told: string[] = [];
  readonly #mix: readonly ModelMessage[];
  readonly #open: Sent[][];
  readonly #answered: number[];
  readonly #seq: number[];

  constructor(mix: readonly ModelMessage[], conversations: number) {
    this.#mix = mix;
    this.#open = Array.from({ length: conversations }, () => []);
    this.#answered = Array<number>(conversations).fill(-1);
    this.#seq = Array<number>(conversations).fill(0);
  }

  /** Waits for its reply, or timed out without one. */
  isOpen(slot: number, seq: number): boolean {
    return this.#openOf(slot).some((sent) => sent.seq === seq);
  }

  at(nowUs: number): void {
    // Per message of the mix, in order of sending: the order of what is told is the correlator's own.
    for (const [slot, open] of this.#open.entries()) {
      for (const sent of open)
        if (!sent.timedOut && this.#isPast(sent, nowUs)) this.#timeOut(slot, sent);
    }
  }

  send(slot: number, name: number, of: Moment & { readonly payload: string }): void {
    const seq = this.#seq[slot] ?? 0;
    this.#seq[slot] = seq + 1;
    this.#count("sent", name);
    if (this.#mix[name]?.fits === null) return;
    this.#count("expected", name);
    const { phase, payload, nowUs } = of;
    this.#openOf(slot).push({ name, phase, seq, payload, sentUs: nowUs, timedOut: false });
  }

  /** An echo of a stamped message of this connection, whole or not. */
  receiveEcho(slot: number, seq: number, of: Moment & { readonly whole: boolean }): void {
    this.#count("received");
    const sent = this.#openOf(slot).find((one) => one.seq === seq);
    if (!sent) {
      this.#count("duplicated");
      this.told.push(`${slot} duplicated -1 ${of.phase}`);
    } else if (of.whole) this.#settle(slot, sent, { ...of, ambiguous: false });
    else this.#corrupt(slot, sent, of);
  }

  /** An echo that belongs to another connection. */
  receiveLeaked(slot: number, { phase }: Moment): void {
    this.#count("received");
    this.#count("leaked");
    this.told.push(`${slot} leaked -1 ${phase}`);
  }

  receive(slot: number, reply: string, of: Moment): void {
    this.#count("received");
    const open = this.#openOf(slot);
    const fits = (sent: Sent) => this.#mix[sent.name]?.fits?.(sent.payload, reply) === true;
    const past = open.filter((sent) => this.#isPast(sent, of.nowUs));
    const remembered = past.filter(
      (sent) => sent.sentUs + this.#withinUs(sent) + REMEMBERED_US >= of.nowUs,
    );
    const tried = remembered.slice(0, MAX_TRIED);
    const waiting = open.filter((sent) => !past.includes(sent));
    const found =
      open.find((sent) => (tried.includes(sent) || waiting.includes(sent)) && fits(sent)) ??
      past.find((sent) => sent.timedOut && fits(sent));
    if (!found) this.#count("unsolicited");
    else {
      const ambiguous = tried.includes(found) && waiting.some(fits);
      this.#settle(slot, found, { ...of, ambiguous });
    }
  }

  end(slot: number, cutByUs: boolean): void {
    for (const sent of this.#openOf(slot)) {
      if (!sent.timedOut) {
        this.#count("unanswered", sent.name);
        if (!cutByUs) this.told.push(`${slot} unanswered ${sent.name} ${sent.phase}`);
      }
      if (sent.timedOut || !cutByUs) this.#count("lost");
    }
    this.#open[slot] = [];
    this.#answered[slot] = -1;
    this.#seq[slot] = 0;
  }

  #settle(slot: number, sent: Sent, of: Moment & { readonly ambiguous: boolean }): void {
    this.#remove(slot, sent);
    if (this.#isPast(sent, of.nowUs)) {
      if (!sent.timedOut) this.#timeOut(slot, sent);
      this.#count("late", sent.name);
      if (of.ambiguous) this.#count("ambiguous");
      return;
    }
    if (sent.seq < (this.#answered[slot] ?? -1)) {
      this.#count("reordered");
      this.told.push(`${slot} reordered ${sent.name} ${of.phase}`);
    } else this.#answered[slot] = sent.seq;
    this.#count("matched", sent.name);
    this.serviceUs.push(of.nowUs - sent.sentUs);
  }

  #corrupt(slot: number, sent: Sent, of: Moment): void {
    this.#remove(slot, sent);
    if (!this.#isPast(sent, of.nowUs)) this.#count("corruptReplies", sent.name);
    else if (!sent.timedOut) this.#timeOut(slot, sent);
    this.#count("corrupt");
    this.told.push(`${slot} corrupt ${sent.name} ${of.phase}`);
  }

  #timeOut(slot: number, sent: Sent): void {
    sent.timedOut = true;
    this.#count("timedOut", sent.name);
    this.told.push(`${slot} reply-timeout ${sent.name} ${sent.phase}`);
  }

  #isPast(sent: Sent, nowUs: number): boolean {
    return sent.timedOut || sent.sentUs + this.#withinUs(sent) <= nowUs;
  }

  #withinUs({ name }: Sent): number {
    return this.#mix[name]?.withinUs ?? 0;
  }

  #openOf(slot: number): Sent[] {
    return this.#open[slot] ?? [];
  }

  #remove(slot: number, sent: Sent): void {
    const open = this.#openOf(slot);
    open.splice(open.indexOf(sent), 1);
  }

  #count(counter: PhaseCounter & (NameCounter | PhaseCounter), name = -1): void {
    this.counts.set(counter, (this.counts.get(counter) ?? 0) + 1);
    if (name < 0) return;
    const key = `${name} ${counter}`;
    this.byName.set(key, (this.byName.get(key) ?? 0) + 1);
  }
}
