/** What the kinds of the stage "network" have in common. Used by their files. */
import * as z from "zod";
import { byDefault, fault, tagged } from "../../shape/fields.ts";
import { parseSize, quoted } from "../../units.ts";
import type { Direction } from "./link-condition.ts";

/** Nothing is on its way for longer, microseconds. */
export const MAX_DELAY_US = 60_000_000;

export function direction(value: Direction) {
  return byDefault(
    z.enum(["both", "in", "out"]),
    value,
    "out: to the target. in: from it. both: each way by itself.",
    "out",
  );
}

/** Bytes per second, written as a size with or without `/s`. */
export function byteRate(min: number, max: number) {
  const pattern = "^([0-9.]+(b|kb|mb|gb)?(/s)?|.*\\{\\{.*)$";
  return z.union([z.int(), tagged(z.string(), { pattern })]).transform((value, context): number => {
    const parsed = parseSize(typeof value === "string" ? value.replace(/\/s$/, "") : value);
    if (!parsed.ok) {
      const hint = "bytes per second, such as 64kb/s";
      return fault(context, [`not a rate: ${quoted(String(value))}`, hint]);
    }
    if (parsed.value >= min && parsed.value <= max) return parsed.value;
    return fault(context, [
      `must be ${min} to ${max} bytes per second, got ${parsed.value}`,
      "write it as 64kb/s",
    ]);
  });
}
