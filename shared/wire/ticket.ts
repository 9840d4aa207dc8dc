/**
 * A ticket offers one shard of a run to whichever worker has room. At-least-once: a duplicate or late
 * ticket is harmless, because holding a shard takes a claim (compare-and-set shard -> epoch).
 * Direction: coordinator -> worker.
 */
export interface Ticket {
  readonly run: string;
  readonly shard: number;
  /** How often this shard was offered before; part of the ticket's identity. */
  readonly offer: number;
}

export function ticketId(ticket: Ticket): string {
  return `${ticket.run}.${ticket.shard}.${ticket.offer}`;
}
