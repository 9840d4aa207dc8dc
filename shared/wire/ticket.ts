/**
 * A ticket offers one lane of a run to whichever worker has room. At-least-once: a duplicate or late
 * ticket is harmless, because holding a lane takes a claim (compare-and-set lane -> epoch).
 * Direction: coordinator -> worker.
 */
import * as z from "zod";
import { count, text } from "./fields.ts";
import { type Lane, laneSchema } from "./lane.ts";

export interface Ticket {
  readonly run: string;
  readonly lane: Lane;
  /** How often this lane was offered before; part of the ticket's identity. */
  readonly offer: number;
}

export const ticketSchema: z.ZodType<Ticket> = z.object({
  run: text,
  lane: laneSchema,
  offer: count,
});

/** Its identity among the tickets of its run. */
export function ticketId({ lane, offer }: Pick<Ticket, "lane" | "offer">): string {
  return `t-${lane.id}-${offer}`;
}
