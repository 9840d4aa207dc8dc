/**
 * The placement document: which worker may hold how many slices of which run. A worker serves one run at a time and
 * takes tickets only while it holds fewer slices than its quota, so a ticket never waits at a worker that cannot use it.
 * Direction: coordinator -> worker. Written by the coordinator that has the lead; read on every "tickets-offered"
 * hint and every two seconds.
 */
import * as z from "zod";
import { count, epochNumber, MAX_LISTED, text } from "./fields.ts";

export interface Placement {
  readonly quotas: readonly Quota[];
  /**
   * Of the coordinator that leads, made at random when it began. Workers repeat it in their status: so a session that
   * was recorded earlier and is put on the bus again is distinguished from one that lives.
   */
  readonly challenge: string;
}

export interface Quota {
  readonly run: string;
  readonly epoch: number;
  /** Slices the worker may hold of this run, those it holds included. */
  readonly slices: number;
}

export const placementSchema: z.ZodType<Placement> = z.object({
  quotas: z.array(z.object({ run: text, epoch: epochNumber, slices: count })).max(MAX_LISTED),
  challenge: text,
});
