/**
 * A lane: the sessions of one shard whose planned opening lies in [fromUs, toUs), held by one worker epoch at a time.
 * At first each shard is one lane with the shard's number; a hand-over splits a lane in time. Direction: coordinator ->
 * worker. Invariant: the lanes of a shard cover all run time without overlap, so every session is in exactly one.
 */
import * as z from "zod";
import { laneNumber, micros } from "./fields.ts";

export interface Lane {
  /** Unique in its run: the first S lanes are the shards themselves, later ones count on from S. */
  readonly id: number;
  readonly shard: number;
  /** Run time, microseconds. */
  readonly fromUs: number;
  /** null: to the end. */
  readonly toUs: number | null;
}

export const laneSchema: z.ZodType<Lane> = z.object({
  id: laneNumber,
  shard: laneNumber,
  fromUs: micros,
  toUs: micros.nullable(),
});

/** The lane a shard starts as. */
export function wholeShard(shard: number): Lane {
  return { id: shard, shard, fromUs: 0, toUs: null };
}

/** Whether a session that is planned to open at openUs belongs to the lane. */
export function isInLane({ fromUs, toUs }: Lane, openUs: number): boolean {
  return openUs >= fromUs && (toUs === null || openUs < toUs);
}
