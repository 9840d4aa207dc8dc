/**
 * Where the metrics of a run go while it runs: to whoever scrapes them, and to collectors. Called by launch.ts. Invariant:
 * what neither is asked for is not even loaded; once open, nothing about metrics changes the run or its exit code.
 */
import type { StrictOutput } from "../../../shared/scenario/strict.ts";
import type { Clock } from "../../../shared/time/clock.ts";
import type { RunMeasures } from "../../live/measures.ts";
import type { Pushing } from "./push.ts";
import type { Scraping } from "./scrape.ts";

export interface RunMetrics {
  /** Addresses at which the run can be scraped. */
  readonly scraped: readonly string[];
  /** Collectors it is pushed to. */
  readonly pushed: readonly string[];
  /** The run can be measured from now on. */
  readonly begin: (read: () => RunMeasures) => void;
  /** When the run is over. @returns lines about what did not arrive */
  close(): Promise<readonly string[]>;
}

export interface MetricsContext {
  readonly clock: Clock;
  /** Takes a line about the first export that fails, of each collector. */
  readonly note: (line: string) => void;
}

/** @throws OnrushError ONRUSH_OTLP_UNAVAILABLE, ONRUSH_ADDRESS_UNUSABLE */
export async function openMetrics(
  outputs: readonly StrictOutput[],
  { clock, note }: MetricsContext,
): Promise<RunMetrics> {
  const pushing = await pushingOf(outputs, { clock, note });
  const scraping = await scrapingOf(outputs);
  return {
    scraped: scraping?.urls ?? [],
    pushed: pushing?.urls ?? [],
    begin: (read) => {
      scraping?.tell(read);
      pushing?.tell(read);
    },
    close: async () => {
      await scraping?.close();
      return (await pushing?.finish()) ?? [];
    },
  };
}

async function pushingOf(
  outputs: readonly StrictOutput[],
  { clock, note }: MetricsContext,
): Promise<Pushing | null> {
  if (!outputs.some(({ kind }) => kind === "otlp")) return null;
  const { openPushing } = await import("./push.ts");
  return openPushing(outputs, clock, note);
}

async function scrapingOf(outputs: readonly StrictOutput[]): Promise<Scraping | null> {
  if (!outputs.some(({ kind }) => kind === "prometheus")) return null;
  const { openScraping } = await import("./scrape.ts");
  return openScraping(outputs);
}
