/**
 * What an engine and its hooks thread say to each other (worker_threads postMessage). Used by hook-thread.ts and sandbox/.
 * Invariant: plain data; what a hook returned was checked and bounded by the thread, so the engine looks at kinds only.
 */

/** What the thread knows from its start. */
export interface SandboxData {
  readonly file: string;
  readonly source: string;
  readonly timeoutUs: number;
  /** The scenario's variables, a global of the module. */
  readonly vars: Readonly<Record<string, string | number | boolean>>;
}

export type Scalar = string | number | boolean;

/** `conn` of a hook: index, id, attempt, and what was captured or set. */
export type HookConnection = Readonly<Record<string, Scalar>>;

/** `message` of onMessage. */
export interface HookMessage {
  /** null: it is binary. */
  readonly text: string | null;
  readonly bytes: Uint8Array | null;
  readonly size: number;
}

/** Engine -> thread. */
export interface HookCall {
  readonly id: number;
  /** Position in HOOK_FUNCTIONS. */
  readonly hook: number;
  readonly conn: HookConnection;
  /** Of payload: the name of the message. */
  readonly name: string | null;
  /** Of onMessage. */
  readonly message: HookMessage | null;
}

/** null: the function said nothing. A text or bytes to be sent, or values to be set. */
export type HookValue = string | Uint8Array | Readonly<Record<string, Scalar>> | null;

export interface HookAnswer {
  readonly id: number;
  /** From the call to its end, in the thread. */
  readonly tookUs: number;
  readonly value: HookValue;
  /** What went wrong; "" for nothing. */
  readonly problem: string;
  /** It took longer than its limit. */
  readonly isSlow: boolean;
}

/** Thread -> engine. */
export type SandboxReport =
  /** The module was loaded; @property hooks the functions it exports */
  | { readonly type: "ready"; readonly hooks: readonly string[] }
  | { readonly type: "failed"; readonly problem: string }
  | { readonly type: "answers"; readonly answers: readonly HookAnswer[] };

/** Longest text of a problem. */
export const MAX_PROBLEM_CHARS = 500;
/** Of what one message may say that a hook made. */
export const MAX_PAYLOAD_BYTES = 1024 ** 2;
