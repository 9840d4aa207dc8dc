/** How numbers are written that may change while a fault acts (../../fault-ramp.ts). Used by the kinds that have such numbers. */
import * as z from "zod";
import { type Ramped, type Span, valueAt } from "../../fault-ramp.ts";
import { about, strict } from "../../shape/fields.ts";

/**
 * A value, or `{ from, to }`.
 * @param example of those two @param end makes their schema, where it is another than that of a value that does not change
 */
export function ramped<T extends z.ZodType<number>>(
  value: () => T,
  example: readonly [from: string, to: string],
  end: () => T = value,
) {
  const map = strict({
    from: about(end(), "When the fault begins.", example[0]),
    to: about(end(), "When it ends: it changes evenly meanwhile.", example[1]),
  });
  return z.union([value(), map]);
}

/** As its author writes it. */
export function writtenRamp<T>(value: Ramped, format: (one: number) => T) {
  return typeof value === "number"
    ? format(value)
    : { from: format(value.from), to: format(value.to) };
}

/** As links take rates: only those that change have to be asked for again. */
export function rateOver(rate: Ramped, window: Span): number | ((atUs: number) => number) {
  return typeof rate === "number" ? rate : (atUs) => valueAt(rate, window, atUs);
}
