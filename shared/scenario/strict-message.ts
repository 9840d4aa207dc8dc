/** What connections of a strict scenario send, and what they expect in return; see strict.ts. */

export interface StrictMessages {
  /** perConnection: every open connection sends at this rate; total: all of them together do. */
  readonly rate: { readonly kind: "perConnection" | "total"; readonly perSec: number };
  readonly arrival: "uniform" | "poisson";
  /** Unanswered messages a connection may have; a send beyond that waits and keeps its intended time. */
  readonly inFlight: number;
  readonly mix: readonly StrictMessage[];
}

export interface StrictMessage {
  readonly name: string;
  readonly weight: number;
  readonly send: StrictSend;
  readonly reply: StrictReply;
  /** Events that follow it; null: none are expected. */
  readonly sequence: StrictSequence | null;
}

export type StrictSend =
  | { readonly kind: "binary"; readonly sizes: readonly number[]; readonly fill: "random" | "zero" }
  /** Given bytes, in base64. */
  | { readonly kind: "bytes"; readonly base64: string }
  | { readonly kind: "text"; readonly text: string }
  /** Any JSON value; strings in it may hold {{…}}. */
  | { readonly kind: "json"; readonly value: unknown };

export type StrictReply =
  | { readonly match: "none" }
  | (StrictAwaited & { readonly match: "echo" | "next" })
  | (StrictAwaited & { readonly match: "where"; readonly where: string });

export interface StrictAwaited {
  readonly withinUs: number;
  /** How many replies there are; it is answered when the last has come. */
  readonly replies: number;
  /** CEL over m and sent, as `where`: a reply that says the request failed; null: none does. */
  readonly fail: string | null;
  readonly capture: readonly StrictCapture[];
}

/** A value kept from a message (or an HTTP answer): `conn.NAME` from then on, also after a reconnect. */
export interface StrictCapture {
  readonly name: string;
  /** CEL over m, text, size, sent, conn; over body, status and headers in an HTTP step. */
  readonly value: string;
  readonly secret: boolean;
}

/** The events that a message is followed by, in order. */
export interface StrictSequence {
  readonly name: string;
  /** CEL over m and sent that is true of its events. */
  readonly key: string;
  /** CEL over m: the name of an event. */
  readonly event: string;
  readonly steps: readonly StrictSequenceStep[];
  readonly withinUs: number;
  /** The longest time between two events; null: no limit. */
  readonly gapUs: number | null;
}

export type StrictSequenceStep =
  | {
      readonly kind: "event";
      readonly event: string;
      readonly least: number;
      readonly most: number;
    }
  /** Events that come in any order among themselves. */
  | {
      readonly kind: "any";
      readonly events: readonly {
        readonly event: string;
        readonly least: number;
        readonly most: number;
      }[];
    };
