/**
 * A slice: the sessions of one shard whose planned opening lies in [fromUs, toUs), held by one worker epoch at a time.
 * At first each shard is one slice with the shard's number; a hand-over splits a slice in time. Direction: coordinator ->
 * worker. Invariant: the slices of a shard cover all run time without overlap, so every session is in exactly one.
 */
import * as z from "zod";
import { micros, sliceNumber } from "./fields.ts";

export interface Slice {
  /** Unique in its run: the first S slices are the shards themselves, later ones count on from S. */
  readonly id: number;
  readonly shard: number;
  /** Run time, microseconds. */
  readonly fromUs: number;
  /** null: to the end. */
  readonly toUs: number | null;
}

export const sliceSchema: z.ZodType<Slice> = z.object({
  id: sliceNumber,
  shard: sliceNumber,
  fromUs: micros,
  toUs: micros.nullable(),
});

/** The slice a shard starts as. */
export function wholeShard(shard: number): Slice {
  return { id: shard, shard, fromUs: 0, toUs: null };
}

/** Whether a session that is planned to open at openUs belongs to the slice. */
export function isInSlice({ fromUs, toUs }: Slice, openUs: number): boolean {
  return openUs >= fromUs && (toUs === null || openUs < toUs);
}
