/**
 * A ticket offers one slice of a run to whichever worker has room. At-least-once: a duplicate or late
 * ticket is harmless, because holding a slice takes a claim (compare-and-set slice -> epoch).
 * Direction: coordinator -> worker.
 */
import * as z from "zod";
import { count, text } from "./fields.ts";
import { type Slice, sliceSchema } from "./slice.ts";

export interface Ticket {
  readonly run: string;
  readonly slice: Slice;
  /** How often this slice was offered before; part of the ticket's identity. */
  readonly offer: number;
}

export const ticketSchema: z.ZodType<Ticket> = z.object({
  run: text,
  slice: sliceSchema,
  offer: count,
});

/** Its identity among the tickets of its run. */
export function ticketId({ slice, offer }: Pick<Ticket, "slice" | "offer">): string {
  return `t-${slice.id}-${offer}`;
}
