/**
 * What is kept of single failures, and of healthy connections to hold them against: where a connection stood on every clock
 * on which failures may concentrate. Sampled by engines (worker/record/failure-events.ts), part of a frame, read by
 * coordinator/merge/evidence/failure-events.ts. Invariant: samples only; exact counts are in counters and failure groups.
 */
import type { FailureKind } from "../../stats/failure-kind.ts";

/** A connection at a moment. Times in milliseconds; null where the clock does not run. */
export interface ConnectionMoment {
  /** Microseconds of run time. */
  readonly atUs: number;
  readonly connection: number;
  readonly attempt: number;
  readonly target: number;
  /** Position in rolesOf. */
  readonly role: number;
  readonly phase: number;
  /** Address it connects to, as resolved by the worker; "" where it has none yet. */
  readonly address: string;
  /** Address it connects from; "" where the kernel chose it, or the frame's build did not say. */
  readonly source: string;
  /** Server behind a balancer, as its answer to the upgrade names it (worker/socket/served-by.ts); "" where it names none. */
  readonly servedBy: string;
  /** Since it was established. */
  readonly ageMs: number | null;
  /** Since anything came from the target: a message or a pong. */
  readonly idleRxMs: number | null;
  /** Since anything was sent: a message, a ping of ours, or what a fault has injected. */
  readonly idleTxMs: number | null;
  /** Since it logged in, or captured a secret. */
  readonly tokenAgeMs: number | null;
  /** Messages on this socket. */
  readonly sent: number;
  readonly received: number;
  /** Payload bytes on this socket, at most 4 GiB. */
  readonly bytesSent: number;
  /** Connections open in its engine. */
  readonly open: number;
  /** Messages that wait for their reply. */
  readonly inFlight: number;
  /** Bytes that wait in its socket. */
  readonly bufferedBytes: number;
  /** Position in namesOf of the last message sent; -1: none. */
  readonly lastName: number;
  /** Its payload. */
  readonly lastBytes: number;
  /** Its last events, as recent-event.ts reads them; the oldest first. */
  readonly recent: Uint8Array;
}

export interface FailureEvent extends ConnectionMoment {
  readonly kind: FailureKind;
  /** As that of a failure group. */
  readonly signature: string;
  /** How many failures it stands for; 1 where all were kept. */
  readonly weight: number;
}

export interface ControlSample extends ConnectionMoment {
  /** Connection-seconds it stands for. */
  readonly weight: number;
}

/** Kept of one engine and second: failures of connections and of messages, so that neither crowds out the other; and controls. */
export const EVENT_LIMITS = { connections: 80, messages: 40, controls: 5 } as const;
