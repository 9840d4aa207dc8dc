/**
 * A ticket offers one lane of a run to whichever worker has room. At-least-once: a duplicate or late
 * ticket is harmless, because holding a lane takes a claim (compare-and-set lane -> epoch).
 * Direction: coordinator -> worker.
 */
import type { Lane } from "./lane.ts";

export interface Ticket {
  readonly run: string;
  readonly lane: Lane;
  /** How often this lane was offered before; part of the ticket's identity. */
  readonly offer: number;
}

export function ticketId(ticket: Ticket): string {
  return `${ticket.run}.${ticket.lane.id}.${ticket.offer}`;
}
