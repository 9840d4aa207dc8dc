/**
 * The messages of the ipc transport. A call gets exactly one answer with its id; hints are pushed to
 * every client and filtered there.
 * Invariant: a client may call what is in WORKER_CALLS and nothing else.
 */
import * as z from "zod";
import type { ErrorCode } from "../../errors.ts";
import { HINT_TOPICS, type HintTopic } from "../../wire/command.ts";
import { count, epochNumber, sliceNumber, text } from "../../wire/fields.ts";
import { RECORD_LIMITS } from "../transport.ts";

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

/** How long a call may wait for a ticket. */
const MAX_WAIT_MS = 60_000;
const frameId = z.object({ run: text, epoch: epochNumber, seq: count });
const bytes = z.instanceof(Uint8Array);
const sessionText = z.string().max(RECORD_LIMITS.session);

/** Every call with its values; what sessions and frames hold is for whoever checks their signature. */
export const WORKER_CALLS = {
  time: z.tuple([]),
  generation: z.tuple([]),
  getDocument: z.tuple([text]),
  hint: z.tuple([z.enum(HINT_TOPICS), text]),
  openSession: z.tuple([sessionText, text]),
  renewSession: z.tuple([epochNumber, z.string().max(RECORD_LIMITS.status)]),
  resumeSession: z.tuple([epochNumber, sessionText, text]),
  closeSession: z.tuple([epochNumber]),
  takeTicket: z.tuple([text, count.max(MAX_WAIT_MS)]),
  ticketDone: z.tuple([count]),
  ticketBack: z.tuple([count]),
  claimSlice: z.tuple([text, sliceNumber, epochNumber]),
  releaseSlice: z.tuple([text, sliceNumber, epochNumber]),
  appendFrame: z.tuple([frameId, bytes, count]),
  appendLateFrame: z.tuple([frameId, bytes]),
  acknowledgedSeq: z.tuple([text, epochNumber]),
} as const;
export type WorkerCall = keyof typeof WORKER_CALLS;
export type CallValues<Name extends WorkerCall> = z.infer<(typeof WORKER_CALLS)[Name]>;

/** Answer to takeTicket; ticketDone and ticketBack take the token. */
export interface TicketAnswer {
  readonly token: number;
  readonly text: string | null;
}
