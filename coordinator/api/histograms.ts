/**
 * The histograms of a run as objects of hdr-histogram-js, which people compute with. Called by api.ts. Invariant: each holds
 * exactly the values that were merged; their sum over phases and names is the histogram of the whole run, excluded phases
 * included.
 */
import { decodeFromCompressedBase64, type Histogram } from "hdr-histogram-js";
import { namesOf } from "../../shared/scenario/names.ts";
import { METRICS, type Metric } from "../../shared/stats/counters.ts";
import type { MergedHistogram } from "../../shared/stats/histogram.ts";
import { readRun } from "../launch/remake.ts";

export interface RunHistogram {
  readonly metric: Metric;
  /** null: of no phase. */
  readonly phase: string | null;
  /** Name of a message; null: of none. */
  readonly name: string | null;
  /** Of connections while a fault of the scenario acted on them. */
  readonly isInjected: boolean;
  /** Microseconds. An object of its own: what it is changed to changes nothing else. */
  readonly histogram: Histogram;
}

/** Of no phase, or of no message. */
const NONE = -1;
/** More values than a bucket of 32 bits counts take 64. */
const MAX_COUNT_32 = 2 ** 31 - 1;

/** @throws OnrushError ONRUSH_RUN_DIRECTORY, ONRUSH_JOURNAL_CORRUPT */
export async function histogramsOf(directory: string): Promise<readonly RunHistogram[]> {
  const { fold } = await readRun(directory);
  const { phases } = fold.facts.scenario;
  const names = phases.map(({ phase }) => phase);
  // Behind the phases: the same, of what faults are to blame for.
  const phaseNames = [null, ...names, ...names];
  const messageNames = [null, ...namesOf(fold.facts.scenario).map(({ name }) => name)];
  return METRICS.flatMap((metric) =>
    phaseNames.flatMap((phase, phaseAt) =>
      messageNames.flatMap((name, nameAt) => {
        const merged = fold.merge.series.place(metric, phaseAt + NONE, nameAt + NONE);
        if (merged === null || merged.count === 0) return [];
        const isInjected = phaseAt > names.length;
        return { metric, phase, name, isInjected, histogram: objectOf(merged) };
      }),
    ),
  );
}

function objectOf(merged: MergedHistogram): Histogram {
  const bits = merged.count > MAX_COUNT_32 ? 64 : 32;
  return decodeFromCompressedBase64(merged.encodeBase64(), bits);
}
