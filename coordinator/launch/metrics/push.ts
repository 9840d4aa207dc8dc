/**
 * `otlp=…` of a run: the collectors its metrics are pushed to. Called by metrics.ts. Invariant: what is missing for it is said
 * before any load; from then on nothing about a collector changes the run or its exit code.
 */
import type { StrictOutput } from "../../../shared/scenario/strict.ts";
import type { Clock } from "../../../shared/time/clock.ts";
import { systemTimers } from "../../../shared/time/timer.ts";
import { loadOtlp, openExporter } from "../../http/otlp/exporter.ts";
import { Pusher } from "../../http/otlp/pusher.ts";
import type { RunMeasures } from "../../live/measures.ts";

export interface Pushing {
  readonly urls: readonly string[];
  /** What is reported from now on. */
  readonly tell: (read: () => RunMeasures) => void;
  /** When the run is over. @returns lines about what did not arrive */
  finish(): Promise<readonly string[]>;
}

/**
 * @param note takes a line about the first export that fails, of each collector
 * @throws OnrushError ONRUSH_OTLP_UNAVAILABLE
 */
export async function openPushing(
  outputs: readonly StrictOutput[],
  clock: Clock,
  note: (line: string) => void,
): Promise<Pushing> {
  // Asked for by the scenario and again by a person: once is enough.
  const urls = [...new Set(outputs.flatMap(({ kind, to }) => (kind === "otlp" ? [to] : [])))];
  if (urls.length === 0) return { urls, tell: () => {}, finish: async () => [] };
  const otlp = await loadOtlp();
  const timers = systemTimers;
  const pushers = urls.map((url) => {
    const exporter = openExporter(otlp, url, timers);
    return new Pusher({ url, exporter, clock, timers, note });
  });
  return {
    urls,
    tell: (read) => {
      for (const pusher of pushers) pusher.begin(read);
    },
    finish: async () => {
      const lines = await Promise.all(pushers.map((pusher) => pusher.finish()));
      return lines.filter((line) => line !== null);
    },
  };
}
