/** Seeded noise for the tests of statistics: normal draws, and series whose neighbours depend on each other. */
import { drawUnit, Stream } from "../../../../shared/time/random.ts";

/** A standard normal number for (seed, index, counter), by the polar form of Box and Muller. */
export function normal(seed: number, index: number, counter: number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - drawUnit(seed, Stream.arrival, index, 2 * counter)));
  return radius * Math.cos(2 * Math.PI * drawUnit(seed, Stream.arrival, index, 2 * counter + 1));
}

/** A stationary first-order autoregression with variance 1. */
export function dependent(
  seed: number,
  index: number,
  { length, correlation }: { readonly length: number; readonly correlation: number },
): number[] {
  const series: number[] = [];
  const fresh = Math.sqrt(1 - correlation * correlation);
  for (let at = 0; at < length; at++) {
    const noise = normal(seed, index, at);
    series.push(at === 0 ? noise : correlation * (series[at - 1] as number) + fresh * noise);
  }
  return series;
}
