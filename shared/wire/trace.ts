/**
 * What `onrush probe` asks of a process of the worker and what that process says while one connection is under way.
 * Direction: coordinator -> worker/trace, one request, then perhaps "stop"; back, one event at a time, "over" last.
 * Invariant: texts are masked, harmless and bounded already; `atUs` counts from the start of the first attempt.
 */
import type { StrictScenario } from "../scenario/strict.ts";

export interface TraceRequest {
  /** One connection, for as long as its phase lasts. */
  readonly scenario: StrictScenario;
  /** Hosts other than loopback that may be connected to (host or host:port). */
  readonly allowTargets: readonly string[];
  /** It ends after so many messages received. */
  readonly most: number;
  /** Texts sent one after another once the connection is open, beside what the scenario sends. */
  readonly say: readonly string[];
}

/** A part of an expression that was not true of a message, and what it compared. */
export interface WhyPart {
  readonly source: string;
  /** null: a field it reads is missing. */
  readonly holds: boolean | null;
  /** `m.type is "error"`; "" when there is nothing to add. */
  readonly values: string;
}

export type TraceEvent = { readonly atUs: number } & (
  | { readonly type: "stage"; readonly stage: "dns" | "tcp" | "tls"; readonly detail: string }
  /** Lines of the request, or of the answer to it. */
  | { readonly type: "head"; readonly sent: boolean; readonly line: string }
  | { readonly type: "open"; readonly protocol: string; readonly extensions: string }
  | {
      readonly type: "frame";
      readonly sent: boolean;
      readonly kind: "text" | "binary" | "pong" | "close";
      readonly size: number;
      readonly text: string;
      /** What of the scenario it is; null for what is not known. */
      readonly name: string | null;
    }
  /** What became of something; `good` is null where it is neither good nor bad. */
  | {
      readonly type: "note";
      readonly good: boolean | null;
      readonly text: string;
      readonly ms: number | null;
    }
  /** Why a message was not what was waited for. */
  | {
      readonly type: "why";
      readonly name: string;
      readonly where: string;
      readonly parts: readonly WhyPart[];
    }
  /** A call of a function of the scenario's hooks has ended. */
  | {
      readonly type: "hook";
      /** Its name; of payload, with the name of the message. */
      readonly hook: string;
      /** "": nothing. */
      readonly returned: string;
      /** "": none. */
      readonly problem: string;
      readonly ms: number;
    }
  | {
      readonly type: "failure";
      readonly kind: string;
      readonly what: string;
      readonly detail: string;
    }
  | {
      readonly type: "closed";
      readonly code: number;
      readonly reason: string;
      readonly by: "client" | "server" | "none";
    }
  /** Nothing follows. `problem`: why nothing could be tried at all; else "". */
  | {
      readonly type: "over";
      readonly opened: boolean;
      readonly failures: number;
      readonly problem: string;
    }
);
