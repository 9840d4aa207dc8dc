/**
 * What the correlator and a connection say to each other, and the one message each of them is busy with.
 * Invariant: Incoming, Outgoing and FailedMessage are reused for every message, so neither side keeps them.
 */
import type { Backlog } from "./backlog.ts";
import { NONE, type PendingOwner } from "./pending-table.ts";

/** What the correlator needs of a connection. */
export interface Conversation extends PendingOwner {
  readonly slot: number;
  readonly index: number;
  readonly target: number;
  /** Position in rolesOf (shared/scenario/names.ts). */
  readonly role: number;
  /** Steps come before its own messages: those that are due meanwhile are skipped, as before it was open. */
  isOpening: boolean;
  /** A step or an answer would be sent now. */
  readonly hasRoom: boolean;
  /** Phases behind its own under which what happens to it is counted while a fault acts on it; 0: none does. */
  readonly shift: number;
  /** Distinguishes the sockets one global index had over time. */
  readonly incarnation: number;
  /** How often the index was opened before: what the scenario sees as conn.attempt. */
  readonly attempt: number;
  /** Sequence number of the next message on this socket. */
  seq: number;
  /** Highest sequence number answered so far; -1 for none. */
  answered: number;
  /** Messages its socket could not hand on at once; null while there were none. */
  backlog: Backlog | null;
  /** What observers still wait for before a planned close. */
  awaited: number;
  /** See captures.ts. */
  captured: readonly unknown[];
  /**
   * A message was settled: there is room for another, or nothing left to wait for.
   * @param name of the message @param isAnswered as it was to be
   */
  onSettled(name: number, isAnswered: boolean): void;
  /** The steps before its own messages, or before its close, are done. */
  onStepsDone(): void;
  /** A step ends the connection. @param hasFailed because it failed: then it may connect again */
  leave(code: number, hasFailed: boolean): void;
  /** Sends a ping; observers are told of its pong. */
  ping(): void;
  /** A message failed; reported once for each thing that went wrong, for the failure log. */
  onMessageFailure(failed: FailedMessage): void;
}

export type MessageFailure =
  | "reply-timeout"
  | "unanswered"
  | "lost"
  | "duplicated"
  | "reordered"
  | "corrupt"
  | "leaked"
  | "scenario-cost"
  | "message-unread"
  | "rejected"
  | "application-error"
  | "capture"
  | "step-timeout"
  | "step-unexpected"
  | "sequence"
  | "hook-failed"
  | "hook-slow";

/** How long the engine stood still before what is read now: its own lateness is not the target's. */
export interface Grace {
  readonly graceUs: number;
}

/** The message being received, or a part of it; one object for all, filled by the connection before receive(). */
export class Incoming {
  data: Buffer = Buffer.alloc(0);
  start = 0;
  end = 0;
  binary = false;
  /** Phase of run time in which it came. */
  phase = 0;
  nowUs = 0;
  /** The moment deadlines are held against: now, or earlier where the engine stood still and could not have read it. */
  judgedUs = 0;

  take(data: Buffer, start: number, end: number, binary: boolean): void {
    this.data = data;
    this.start = start;
    this.end = end;
    this.binary = binary;
  }
}

/** The message to send; one object for all, filled by the engine before send(). */
export class Outgoing {
  name = 0;
  /** Phase of the intended time. */
  phase = 0;
  intendedUs = 0;
  nowUs = 0;
}

/** The failure being reported; one object for all, filled by the correlator before onMessageFailure(). */
export class FailedMessage {
  kind: MessageFailure = "reply-timeout";
  /** Which message of the mix; NONE when it is none of this connection's. */
  name = NONE;
  /** In place of the name of a message, where it says more; "" for none. */
  label = "";
  /** What came, or what else is known, raw; "" for nothing. */
  detail = "";
  /** The phase it is counted in: the same as that of its counter. */
  phase = 0;
  /** When it was sent; Infinity when nothing that came since can tell more. */
  sentUs = Number.POSITIVE_INFINITY;
}
