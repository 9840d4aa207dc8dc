/**
 * The messages of the ipc transport. A call gets exactly one answer with its id; hints are pushed to
 * every client and filtered there.
 * Invariant: a client may call what is in WORKER_CALLS and nothing else.
 */
import type { ErrorCode } from "../../errors.ts";
import type { HintTopic } from "../../wire/command.ts";
import type { Ticket } from "../../wire/ticket.ts";

/** Client -> server. */
export interface CallMessage {
  readonly type: "call";
  readonly id: number;
  readonly name: WorkerCall;
  readonly values: readonly unknown[];
}

/** Server -> client. */
export type ServerMessage =
  | { readonly type: "answer"; readonly id: number; readonly value: unknown }
  | {
      readonly type: "error";
      readonly id: number;
      readonly code: ErrorCode;
      readonly message: string;
      readonly remedy: string;
    }
  | { readonly type: "hint"; readonly topic: HintTopic; readonly payload: string };

export const WORKER_CALLS = [
  "time",
  "generation",
  "getDocument",
  "hint",
  "openSession",
  "renewSession",
  "resumeSession",
  "closeSession",
  "takeTicket",
  "ticketDone",
  "ticketBack",
  "claimLane",
  "releaseLane",
  "appendFrame",
  "appendLateFrame",
  "acknowledgedSeq",
] as const;
export type WorkerCall = (typeof WORKER_CALLS)[number];

/** Answer to takeTicket; ticketDone and ticketBack take the token. */
export interface TicketAnswer {
  readonly token: number;
  readonly ticket: Ticket;
}
