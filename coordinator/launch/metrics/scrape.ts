/**
 * `prometheus=…` of a run: the endpoints it is scraped at, from before its load to its end. Called by metrics.ts. Invariant:
 * all of them listen, or none does and nothing has started.
 */
import { assert } from "../../../shared/assert.ts";
import { parseListenAddress } from "../../../shared/scenario/output.ts";
import type { StrictOutput } from "../../../shared/scenario/strict.ts";
import { type MetricsEndpoint, openMetricsEndpoint } from "../../http/metrics/metrics-endpoint.ts";
import type { RunMeasures } from "../../live/measures.ts";

export interface Scraping {
  readonly urls: readonly string[];
  /** What is reported from now on. */
  readonly tell: (read: () => RunMeasures) => void;
  close(): Promise<void>;
}

/** @throws OnrushError ONRUSH_ADDRESS_UNUSABLE */
export async function openScraping(outputs: readonly StrictOutput[]): Promise<Scraping> {
  const wanted = outputs.flatMap(({ kind, to }) => (kind === "prometheus" ? [to] : []));
  let measures: (() => RunMeasures) | null = null;
  const endpoints: MetricsEndpoint[] = [];
  const close = async () => {
    await Promise.all(endpoints.map((endpoint) => endpoint.close()));
  };
  try {
    // Asked for by the scenario and again by a person: once is enough.
    for (const text of new Set(wanted)) {
      const address = parseListenAddress(text);
      assert(address !== null, "an address to listen on was checked when it was read");
      endpoints.push(await openMetricsEndpoint(address, () => measures?.() ?? null));
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    urls: endpoints.map(({ url }) => url),
    tell: (read) => {
      measures = read;
    },
    close,
  };
}
