/** Goal: the raw log holds exactly what histograms were told, says when it does not, and stays within its bound. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { OnrushError } from "../../../shared/errors.ts";
import { HistogramRows } from "../../../worker/record/histogram-rows.ts";
import {
  RAW_END_MARK,
  RAW_MAGIC,
  RAW_RECORD_BYTES,
  RawLog,
} from "../../../worker/record/raw-log.ts";
import { METRIC } from "../../../worker/record/recorder.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "onrush-raw-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const problems: string[] = [];
function open(maxBytes?: number): RawLog {
  problems.length = 0;
  return new RawLog({
    ...{ directory: join(directory, "raw"), run: "a/../b", epoch: 7, engine: 1 },
    onProblem: (problem) => problems.push(problem),
    ...(maxBytes === undefined ? {} : { maxBytes }),
  });
}

function content() {
  const [name, ...others] = readdirSync(join(directory, "raw"));
  expect(others).toEqual([]);
  const bytes = readFileSync(join(directory, "raw", name ?? ""));
  const records = [];
  for (let at = RAW_MAGIC.length; at < bytes.length; at += RAW_RECORD_BYTES) {
    const [metric, phase] = [bytes.readUInt16LE(at), bytes.readUInt16LE(at + 2)];
    records.push([metric, phase, bytes.readInt16LE(at + 4), bytes.readDoubleLE(at + 8)]);
  }
  return { name, bytes, records };
}

describe("RawLog", () => {
  it("has every value as it was told, by metric, phase and name, behind the magic", () => {
    const log = open();
    const rows = new HistogramRows(3, 2, (...place) => log.histogram(...place));
    rows.at(METRIC.latency, 2, 1).record(1234.5678);
    rows.at(METRIC.sendLag, 0, 0).record(-3);
    log.flush();
    expect(content().records).toHaveLength(2);
    rows.at(METRIC.latency, 2, 1).record(1e12);
    log.close();
    const { name, bytes, records } = content();
    expect(name).toBe("a_.._b-epoch-7-engine-1.raw");
    expect(bytes.toString("latin1", 0, RAW_MAGIC.length)).toBe(RAW_MAGIC);
    expect(records).toEqual([
      [METRIC.latency, 2, 1, 1234.5678],
      [METRIC.sendLag, 0, -1, -3],
      [METRIC.latency, 2, 1, 1e12],
      [RAW_END_MARK, 0, 0, 0],
    ]);
    expect(rows.cut().map(({ metric, phase, name: message }) => [metric, phase, message])).toEqual([
      [METRIC.latency, 2, 1],
      [METRIC.sendLag, 0, -1],
    ]);
    expect(problems).toEqual([]);
  });

  it("stays within its bound and counts what it leaves out", () => {
    const log = open(RAW_MAGIC.length + 5000 * RAW_RECORD_BYTES);
    const histogram = log.histogram(0, 0, 0);
    for (let value = 0; value < 12_000; value++) histogram.record(value);
    log.close();
    const { bytes, records } = content();
    expect(bytes.length).toBe(RAW_MAGIC.length + 5000 * RAW_RECORD_BYTES);
    expect(records.slice(0, -1).map(([, , , value]) => value)).toEqual([...Array(4999).keys()]);
    expect(records.at(-1)).toEqual([RAW_END_MARK, 0, 0, 12_000 - 4999]);
    expect(histogram.count).toBe(12_000);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain("is full");
  });

  it("refuses a folder that is none, and a file that is there", () => {
    writeFileSync(join(directory, "raw"), "");
    expect(open).toThrow(OnrushError);
    rmSync(join(directory, "raw"));
    open();
    expect(open).toThrow("raw log");
  });
});
