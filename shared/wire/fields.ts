/**
 * The fields that documents on the bus are made of, with their bounds. Used by the schemas of this folder alone.
 * Invariant: every text, number and list has a bound, so that what was read once needs no further look.
 */
import * as z from "zod";

/** Names and single lines. */
const MAX_TEXT = 512;
/** What went wrong, in words. */
const MAX_PROBLEM = 4096;
/** Shards of a run, and the parts of them that hand-overs make. */
const MAX_SLICE = 65_535;
export const MAX_LISTED = 16_384;

export const text = z.string().max(MAX_TEXT);
export const problemText = z.string().max(MAX_PROBLEM);
export const count = z.int().min(0);
export const epochNumber = z.int().min(1);
export const sliceNumber = z.int().min(0).max(MAX_SLICE);
/** Microseconds, of run time or of a clock. */
export const micros = z.number();
