/**
 * The parts of a strict scenario that say how users converse with a target: how messages are read, flows, what is listened
 * for, sequences, answers, roles. As in strict.ts nothing is optional and every unit is fixed; all of it is plain data.
 */
import type { StrictConnect } from "./strict-connect.ts";
import type { StrictCapture, StrictMessages, StrictReply, StrictSend } from "./strict-message.ts";

/** How received messages are read: what `m` is in an expression, and what is one message. */
export interface StrictIncoming {
  /** json: m is the parsed message; text: its text; binary: its bytes. */
  readonly parse: "json" | "text" | "binary";
  /** How messages lie in frames; none: each frame is one. */
  readonly split: "none" | "lines" | "line-stream" | "records" | "json-array";
  /** Messages that say that something failed, each counted as a failure of its name. */
  readonly fail: readonly StrictFail[];
}

export interface StrictFail {
  readonly name: string;
  /** CEL over m, text, size, conn. */
  readonly where: string;
}

/** What a connection does in steps; lists may be empty. */
export interface StrictFlow {
  /** Ahead of each attempt to connect. */
  readonly before: readonly StrictStep[];
  /** After each (re)connect, before the mix starts. */
  readonly open: readonly StrictStep[];
  /** Again and again while the connection is open, side by side, beside the mix. */
  readonly loops: readonly { readonly name: string; readonly steps: readonly StrictStep[] }[];
  /** Before a planned close. */
  readonly close: readonly StrictStep[];
}

/** What becomes of the flow when a step fails: the connection is closed, the step passed over, the list begun again. */
export type StepPolicy = "close" | "skip" | "restart";

/** A time that is waited: fixed, or drawn for each connection and turn. */
export type StrictWait =
  | { readonly kind: "fixed" | "exp"; readonly meanUs: number }
  | { readonly kind: "uniform"; readonly fromUs: number; readonly toUs: number };

/** One step. `name` is unique among the names of its role; steps without one are called by their place, as open#2. */
export type StrictStep =
  | {
      readonly kind: "send";
      readonly name: string;
      readonly send: StrictSend;
      readonly reply: StrictReply;
      readonly onFail: StepPolicy;
    }
  | {
      readonly kind: "expect";
      readonly name: string;
      readonly where: string;
      readonly withinUs: number;
      /** How many such messages it takes. */
      readonly times: number;
      /** What did not come in time is no failure. */
      readonly optional: boolean;
      readonly capture: readonly StrictCapture[];
      readonly onFail: StepPolicy;
    }
  | {
      readonly kind: "expectNot";
      readonly name: string;
      readonly where: string;
      readonly forUs: number;
      readonly onFail: StepPolicy;
    }
  | { readonly kind: "wait"; readonly wait: StrictWait }
  | {
      readonly kind: "repeat";
      /** null: until the condition alone. */
      readonly times: number | null;
      /** CEL over conn, evaluated before each turn; null: none. */
      readonly until: string | null;
      readonly steps: readonly StrictStep[];
    }
  | {
      readonly kind: "choose";
      readonly branches: readonly {
        readonly weight: number;
        readonly steps: readonly StrictStep[];
      }[];
    }
  | {
      readonly kind: "ping";
      readonly name: string;
      readonly withinUs: number;
      readonly onFail: StepPolicy;
    }
  | { readonly kind: "mark"; readonly name: string }
  | { readonly kind: "close"; readonly code: number }
  | {
      readonly kind: "http";
      readonly name: string;
      /** CEL over conn: the step is passed over unless it is true; null: it is always made. */
      readonly when: string | null;
      readonly method: string;
      readonly url: string;
      readonly headers: readonly (readonly [name: string, value: string])[];
      /** Sent as JSON, text, or the fields of a form; null: there is none. */
      readonly body: StrictSend | StrictForm | null;
      /** Statuses that are no failure; empty: 200 to 299. */
      readonly status: readonly number[];
      readonly withinUs: number;
      readonly capture: readonly StrictCapture[];
    };

/** application/x-www-form-urlencoded; values may hold {{…}}. */
export interface StrictForm {
  readonly kind: "form";
  readonly fields: readonly (readonly [name: string, value: string])[];
}

/** Functions of the user's own, in a file; see docs/hooks.md. */
export interface StrictHooks {
  /** As it was named; shown where something goes wrong. */
  readonly file: string;
  /** What is in it: a module of JavaScript. */
  readonly source: string;
  /** What one call may take. */
  readonly timeoutUs: number;
  /** What hooks set: conn.NAME from then on. */
  readonly set: readonly { readonly name: string; readonly secret: boolean }[];
}

/** Messages nobody asked for: push and fan-out. */
export interface StrictListen {
  readonly name: string;
  readonly where: string;
  /** When the sender sent it, milliseconds since the Unix epoch (or ISO text): CEL over m, text; null: not known. */
  readonly sentAt: string | null;
  /** What the receivers of one message have in common (a room): CEL; null: all are one scope. */
  readonly scope: string | null;
  /** What the same message has at every receiver of its scope: CEL; null: reach is not judged. */
  readonly key: string | null;
  /** The scopes a connection belongs to: CEL over conn; null: those whose messages it got. */
  readonly members: string | null;
  /** The clocks of senders and workers are at most this far apart; null: nobody has said. */
  readonly clockErrorUs: number | null;
}

/** What a client sends back by itself. */
export interface StrictAnswer {
  readonly name: string;
  readonly where: string;
  readonly send: StrictSend;
}

/** The audit of order, loss and repetition among pushed messages; see docs/integrity.md. */
export interface StrictOrder {
  /** CEL over m, text: who sent it. */
  readonly sender: string;
  /** CEL over m, text: its number, one more than that of the message before. */
  readonly number: string;
  /** CEL: numbers are counted apart for each scope of a sender; null: for the sender alone. */
  readonly scope: string | null;
}

export interface StrictIsolation {
  /** CEL over m, text, conn: false of what another user's message says; null: not judged. */
  readonly owner: string | null;
  /** Plant an unguessable mark of the user in what it sends, and look for those of others in what it gets. */
  readonly canary: boolean;
}

/** A kind of user. Where a scenario declares none there is one, of the name "", with the top level's parts. */
export interface StrictRole {
  readonly name: string;
  /** Of all connections, 0 to 1; shares add up to 1. */
  readonly share: number;
  readonly connect: StrictConnect;
  readonly messages: StrictMessages | null;
  readonly flow: StrictFlow | null;
  readonly listen: readonly StrictListen[];
  readonly answers: readonly StrictAnswer[];
}
