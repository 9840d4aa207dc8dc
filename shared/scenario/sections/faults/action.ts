/**
 * What a kind of fault does to the connections it hits, and what it may ask for to do so. Called by worker/faults, which owns the
 * windows and their victims. Invariant: end() takes back all that begin() did to a connection that is still open.
 */

import type { Span } from "../../fault-ramp.ts";
import type { Breach } from "./breach.ts";
import type { LinkCondition } from "./link-condition.ts";
import type { Malformation } from "./malformation.ts";

export interface FaultAction<Act> {
  /**
   * once: it ends those that are open when it begins. moment: it does something to them, at once, that leaves them open unless the
   * target ends them. lasting: it acts until its window is over, also on those that open meanwhile.
   */
  readonly reach: "once" | "moment" | "lasting";
  /** Messages that it sends on each connection at once; the more there are, the fewer connections are hit in one turn. */
  weight?(act: Act): number;
  /** Of an open connection. */
  begin(victim: FaultVictim, act: Act): void;
  /** Of one that a lasting fault acts on, every BEAT_US. */
  beat?(victim: FaultVictim, act: Act): void;
  /** Of one that is still open when a lasting fault is over. */
  end?(victim: FaultVictim, act: Act): void;
}

/** What a kind does to attempts to connect that begin while it acts, of its victims. */
export interface AttemptAction<Act> {
  readonly reach: "attempts";
  spoil(act: Act): SpoiltAttempt;
}

export type SpoiltAttempt = FailingAttempt | AlteredAttempt;

/** An attempt that fails, by a fault, before it has come to the upgrade. */
export interface FailingAttempt {
  /** name: it does not resolve. address: nobody answers there. tls: the client does not accept the certificate. */
  readonly where: "name" | "address" | "tls";
  /** Failures are counted under this. */
  readonly signature: string;
}

/** An attempt whose request a fault alters; what comes of it is up to the target. */
export interface AlteredAttempt {
  readonly where: "request";
  /** So many bytes of the request leave in a second; null: all at once. */
  readonly bytesPerSec: number | null;
  /** null: what it carries is as planned. */
  readonly stale: StaleToken | null;
}

/** What an attempt carries in place of what is good now. */
export interface StaleToken {
  /** null: whatever is captured in the request is as it was before. */
  readonly value: string | null;
  /** Where the value stands, unless it is in the query. */
  readonly header: string;
  readonly query: string | null;
}

/** A handshake beside those of the plan. */
export interface ExtraHandshake {
  /** As its connection's, or half of it, or spoilt. */
  readonly request: "same" | "half" | Malformation;
  /** One that is accepted stays until the fault is over, a rival of its connection; else it is closed at once. */
  readonly stays: boolean;
  /** How long an answer is waited for; null: `connect.timeout`. Never longer than the fault, where that lasts. */
  readonly waitUs: number | null;
}

/** Of a message in fragments. */
export type FragmentPart = "first" | "next" | "last";

/** From one beat to the next, microseconds; longer when the worker is late. */
export const BEAT_US = 10_000;

/** Of one handshake: it costs about as much as so many messages. */
export const HANDSHAKE_WEIGHT = 300;

/** A connection that a fault hits, as its kind sees it: only valid during the call. Implemented by worker/faults/running-window.ts. */
export interface FaultVictim {
  readonly index: number;
  /** Connections that the fault is to hit, in all. */
  readonly victims: number;
  /** It was hit before in this window, on another socket. */
  readonly isBack: boolean;
  /** Run time. */
  readonly nowUs: number;
  /** Of the fault, as it was planned: what changes while it acts follows from it. */
  readonly window: Span;
  /** Since the fault began to act on its socket. */
  readonly elapsedUs: number;
  /** Messages that it has sent by itself since then. */
  readonly ownSent: number;
  /** What its kind has counted of it, from 0 on: messages, or bytes. */
  done: number;
  /** Its transport ends by RST. @param signature what becomes of it is counted under this */
  reset(signature: string): void;
  /** As reset(), and it connects again after a part of this time, chosen by seed, whatever `connect.reconnect` says. */
  resetAndReturn(signature: string, withinUs: number): void;
  /** It sends a Close frame with this code, and closes. */
  close(code: number, signature: string): void;
  /** It is over for us without a word, and open for the target until the window is over. */
  vanish(signature: string): void;
  /** It reads nothing from its transport any more, or again. */
  hold(isHeld: boolean): void;
  /** It reads once and then no more until it may again, or as before. */
  sip(isSipping: boolean): void;
  /** One that sips may read once more. */
  mayRead(): void;
  /** Bytes that its transport has read. */
  readonly readBytes: number;
  /** It answers no ping any more, or again. */
  mute(isMuted: boolean): void;
  /** The network between it and its target is like this, until unlink(). */
  link(condition: LinkCondition): void;
  /** Takes back all that the fault has asked of the network, also its other parts. */
  unlink(): void;
  /** Uniform in [0, 1), for each time a fault begins and each connection one: a function of the seed. */
  draw(): number;
  /**
   * It sends so many more messages at once, which nothing is expected of: of its mix, or binary ones of `bytes`.
   * @returns how many there was room for
   */
  sendExtra(messages: number, bytes: number | null): number;
  /** It breaks the protocol. */
  breach(how: Breach): void;
  /** A part of a text message; one has to be the last before it sends anything else. */
  fragment(part: FragmentPart, bytes: number): void;
  /** It makes another handshake beside its connection, in no count of the plan. What became of it is counted. */
  handshake(extra: ExtraHandshake): void;
  /** It sends nothing that its scenario plans, or again. */
  silence(isSilent: boolean): void;
  /** The same connection, as a kind sees it that acts together with others: what it keeps of it is its own. */
  part(number: number): FaultVictim;
}
