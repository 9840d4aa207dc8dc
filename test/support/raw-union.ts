/**
 * Holds a run directory against the raw logs of the workers that made it: every recorded value again, by another HDR
 * implementation, against what was merged and written, bucket for bucket. Used by the raw-log test and by bench/union.ts.
 * Invariant: nothing of our own histograms is on the raw side, and a missing or an additional value is a difference.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { build, decodeFromCompressedBase64, type JsHistogram } from "hdr-histogram-js";
import { rebuildRun } from "../../coordinator/report/rebuild.ts";
import { METRICS, type Metric } from "../../shared/stats/counters.ts";

const HOUR_US = 3_600_000_000;
const MAGIC = "onrush-raw-log 1";
const RECORD_BYTES = 16;
const END_MARK = 0xffff;
const MAX_DIFFERENCES = 20;

/** Histograms by "metric", or by "metric|phase|name" with the indices of a frame. */
type Histograms = Map<string, JsHistogram>;

export interface RawUnion {
  /** Raw logs: one for each engine of each worker epoch. */
  readonly files: number;
  readonly values: number;
  /** Values the workers say they did not write; with any, nothing can be compared. */
  readonly leftOut: number;
  /** Files without their last record. */
  readonly unfinished: readonly string[];
  /** Compared: of the journal, and of the *.hlog files. */
  readonly histograms: number;
  readonly buckets: number;
  /** At most MAX_DIFFERENCES, readable. */
  readonly differences: readonly string[];
}

/** Compares both the merged journal (per metric, phase and message) and histograms/*.hlog (per metric). */
export async function compareWithRawLogs(raw: string, runDirectory: string): Promise<RawUnion> {
  const read = readRawLogs(raw);
  const comparison = new Comparison();
  const merged = await mergedHistograms(runDirectory, read.byPlace);
  comparison.compare("journal", read.byPlace, merged);
  comparison.compare("hlog", read.byMetric, loggedHistograms(runDirectory));
  const { histograms, buckets, differences } = comparison;
  const { files, values, leftOut, unfinished } = read;
  return { files, values, leftOut, unfinished, histograms, buckets, differences };
}

function readRawLogs(directory: string) {
  const byPlace: Histograms = new Map();
  const byMetric: Histograms = new Map();
  const unfinished: string[] = [];
  let [files, values, leftOut] = [0, 0, 0];
  for (const name of readdirSync(directory).filter((file) => file.endsWith(".raw"))) {
    const bytes = readFileSync(join(directory, name));
    if (bytes.toString("latin1", 0, RECORD_BYTES) !== MAGIC)
      throw new Error(`${name} is no raw log`);
    files++;
    let ended = false;
    for (let at = RECORD_BYTES; at + RECORD_BYTES <= bytes.length; at += RECORD_BYTES) {
      const metric = bytes.readUInt16LE(at);
      const value = bytes.readDoubleLE(at + 8);
      if (metric === END_MARK) {
        leftOut += value;
        ended = at + RECORD_BYTES === bytes.length;
        break;
      }
      // What HdrHistogram takes: whole microseconds within its range.
      const valueUs = Math.min(Math.max(Math.round(value), 0), HOUR_US);
      const place = `${metric}|${bytes.readUInt16LE(at + 2)}|${bytes.readInt16LE(at + 4)}`;
      histogramOf(byPlace, place).recordValue(valueUs);
      histogramOf(byMetric, METRICS[metric] ?? `metric ${metric}`).recordValue(valueUs);
      values++;
    }
    if (!ended) unfinished.push(name);
  }
  return { byPlace, byMetric, unfinished, files, values, leftOut };
}

/** As the coordinator merges the journal; read through its encoding. All places of the scenario, and those of `wanted`. */
async function mergedHistograms(runDirectory: string, wanted: Histograms): Promise<Histograms> {
  const { fold } = await rebuildRun(runDirectory);
  const { phases, messages } = fold.facts.scenario;
  const places = new Set(wanted.keys());
  for (const metric of METRICS.keys()) {
    for (const phase of phases.keys()) {
      for (let name = -1; name < (messages?.mix.length ?? 0); name++) {
        places.add(`${metric}|${phase}|${name}`);
      }
    }
  }
  const merged: Histograms = new Map();
  for (const place of places) {
    const [metric = 0, phase = 0, name = 0] = place.split("|").map(Number);
    const histogram = fold.merge.series.place(METRICS[metric] as Metric, phase, name);
    if (histogram !== null) merged.set(place, decoded(histogram.encodeBase64()));
  }
  return merged;
}

function loggedHistograms(runDirectory: string): Histograms {
  const logged: Histograms = new Map();
  const folder = join(runDirectory, "histograms");
  for (const file of readdirSync(folder)) {
    const sum = histogramOf(logged, file.replace(/\.hlog$/, ""));
    for (const line of readFileSync(join(folder, file), "utf8").split("\n")) {
      if (line.startsWith("Tag=")) sum.add(decoded(line.slice(line.lastIndexOf(",") + 1)));
    }
  }
  return logged;
}

class Comparison {
  readonly differences: string[] = [];
  histograms = 0;
  buckets = 0;

  compare(where: string, raw: Histograms, written: Histograms): void {
    for (const place of new Set([...raw.keys(), ...written.keys()])) {
      this.#compareOne(`${where} ${place}`, [raw.get(place), written.get(place)]);
    }
  }

  #compareOne(place: string, [raw, written]: readonly (JsHistogram | undefined)[]): void {
    this.histograms++;
    const end = Math.max(raw?.countsArrayLength ?? 0, written?.countsArrayLength ?? 0);
    for (let index = 0; index < end; index++) {
      const [recorded, merged] = [countAt(raw, index), countAt(written, index)];
      if (recorded > 0) this.buckets++;
      if (recorded === merged || this.differences.length >= MAX_DIFFERENCES) continue;
      this.differences.push(`${place}, bucket ${index}: recorded ${recorded}, written ${merged}`);
    }
  }
}

function histogramOf(histograms: Histograms, place: string): JsHistogram {
  let histogram = histograms.get(place);
  if (!histogram) {
    histogram = build({
      bitBucketSize: 64,
      autoResize: false,
      lowestDiscernibleValue: 1,
      highestTrackableValue: HOUR_US,
      numberOfSignificantValueDigits: 3,
    }) as JsHistogram;
    histograms.set(place, histogram);
  }
  return histogram;
}

function decoded(base64: string): JsHistogram {
  return decodeFromCompressedBase64(base64, 64, false) as JsHistogram;
}

function countAt(histogram: JsHistogram | undefined, index: number): number {
  if (!histogram || index >= histogram.countsArrayLength) return 0;
  return histogram.getCountAtIndex(index);
}
