/**
 * Goal: timeline.csv is tidy and harmless; *.hlog files are read by the HdrHistogram log reader and add up to
 * the run; a run that was killed at any byte of its journal is rebuilt as far as it got.
 */
import { copyFile, mkdir, mkdtemp, readFile, rm, stat, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as hdr from "hdr-histogram-js";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { histogramLog, loggedMetrics } from "../../../coordinator/report/formats/hlog.ts";
import { TIMELINE_COLUMNS, timelineCsv } from "../../../coordinator/report/formats/timeline-csv.ts";
import { rebuildRun } from "../../../coordinator/report/rebuild.ts";
import { intoDirectory, writeResults } from "../../../coordinator/report/results.ts";
import { buildSummary } from "../../../coordinator/report/summary.ts";
import { csvText } from "../../../coordinator/report/text/csv-text.ts";
import type { RunEvent } from "../../../coordinator/store/event.ts";
import { openJournal } from "../../../coordinator/store/journal.ts";
import type { JournalRecord } from "../../../coordinator/store/journal-record.ts";
import { facts, goodFrames, goodRun, joined } from "../merge/synthetic-run.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "onrush-report-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe("timeline.csv", () => {
  test("has a row a second with the plan beside what was", () => {
    const [header, ...rows] = [...timelineCsv(goodRun())].map((line) => line.trimEnd().split(","));
    expect(header).toEqual([...TIMELINE_COLUMNS]);
    const cells = rows.map((row) =>
      Object.fromEntries(TIMELINE_COLUMNS.map((column, at) => [column, row[at]])),
    );
    expect(cells.map(({ phase }) => phase)).toEqual([
      "warmup",
      "warmup",
      "steady",
      "steady",
      "steady",
      "steady",
      "steady",
    ]);
    expect(cells.map(({ planned_open }) => planned_open)).toEqual([
      "2",
      "4",
      "4",
      "4",
      "4",
      "4",
      "0",
    ]);
    expect(cells.map(({ open }) => open)).toEqual(["4", "4", "4", "4", "4", "4", "0"]);
    expect(cells[0]).toMatchObject({ opened: "4", latency_count: "0", latency_p99_ms: "" });
    expect(cells[3]).toMatchObject({ sent: "8", received: "8", latency_count: "8", masked: "0" });
  });

  test.each([
    ["plain", "plain"],
    ['a,"b"', '"a,""b"""'],
    ["=HYPERLINK(1)", "'=HYPERLINK(1)"],
    [" +1", "' +1"],
    ["\uff1dcmd|' /c calc'!A1", "'\uff1dcmd|' /c calc'!A1"],
    ["a\nb", '"a\nb"'],
  ])("text %j becomes %j", (text, field) => expect(csvText(text)).toBe(field));
});

describe("histograms/*.hlog", () => {
  test("are read by the standard reader and add up to the run", () => {
    const fold = goodRun();
    expect(loggedMetrics(fold)).toEqual(["latency", "service", "sendLag", "connect", "loopLag"]);
    const reader = new hdr.HistogramLogReader([...histogramLog(fold, "latency")].join(""));
    const total = hdr.build({
      highestTrackableValue: 3_600_000_000,
      numberOfSignificantValueDigits: 3,
    });
    const starts: number[] = [];
    for (;;) {
      const interval = reader.nextIntervalHistogram();
      if (interval === null) break;
      expect(interval.tag).toBe("latency");
      starts.push(interval.startTimeStampMsec - 1_700_000_000_500);
      expect(interval.endTimeStampMsec - interval.startTimeStampMsec).toBe(1000);
      total.add(interval as hdr.Histogram);
    }
    expect(starts).toEqual([1000, 2000, 3000, 4000, 5000]);
    expect(total.totalCount).toBe(40);
    expect(total.getValueAtPercentile(50)).toBe(1000);
    expect(total.maxValue).toBeGreaterThanOrEqual(20_000);
  });
});

describe("rebuilding", () => {
  const event = (body: object): JournalRecord => ({
    type: "event",
    event: { ...body, wallMs: 1_700_000_000_000, elapsedUs: 6_100_000 } as RunEvent,
  });
  const journalled: JournalRecord[] = [
    { type: "header", header: facts() },
    event(joined(1)),
    event({ type: "start", startAtUs: 1, startWallMs: 1_700_000_000_500 }),
    event({ type: "state", from: "ready", to: "running" }),
    ...goodFrames().map(
      (body, seq): JournalRecord => ({ type: "frame", epoch: 1, seq, body, late: false }),
    ),
    event({ type: "worker-finished", epoch: 1, lastSeq: 6 }),
    event({ type: "state", from: "running", to: "merging" }),
    event({ type: "state", from: "merging", to: "done" }),
  ];

  async function writeJournal(): Promise<void> {
    const { journal } = await openJournal(join(directory, "journal"));
    for (const record of journalled) journal.append(record);
    await journal.close();
  }

  test("a whole journal gives what the live fold gives, and all files", async () => {
    await writeJournal();
    const rebuilt = await rebuildRun(directory);
    expect(rebuilt).toMatchObject({ incomplete: false, notes: [] });
    expect(rebuilt.summary).toEqual(buildSummary(goodRun()));
    await writeResults(intoDirectory(directory), rebuilt.fold, rebuilt.model);
    const written = JSON.parse(await readFile(join(directory, "summary.json"), "utf8"));
    expect(written).toEqual(rebuilt.summary);
    expect((await stat(join(directory, "histograms", "latency.hlog"))).size).toBeGreaterThan(100);
  });

  test("cut at any byte: as far as it got, and said to be incomplete", async () => {
    await writeJournal();
    const whole = join(directory, "journal");
    const { size } = await stat(whole);
    const killed = join(directory, "killed");
    await mkdir(killed);
    let framesBefore = 0;
    // Every byte is tried on a smaller journal in the store's own test; here every 97th, and the last few.
    const cuts = [...Array(size).keys()].filter((at) => at % 97 === 0 || at > size - 5);
    for (const cut of cuts) {
      await copyFile(whole, join(killed, "journal"));
      await truncate(join(killed, "journal"), cut);
      const rebuilt = await rebuildRun(killed).catch((error: unknown) => error);
      if (rebuilt instanceof Error) {
        // Killed before even the header was whole.
        expect(rebuilt).toMatchObject({ code: "ONRUSH_JOURNAL_CORRUPT" });
        expect(framesBefore).toBe(0);
        continue;
      }
      const { summary, incomplete, notes, fold } = rebuilt as Awaited<
        ReturnType<typeof rebuildRun>
      >;
      expect(incomplete).toBe(true);
      expect(summary).toMatchObject({
        verdict: "interrupted",
        exitCode: 130,
        validity: { valid: false },
      });
      expect(notes.at(-1)).toMatch(/The run is incomplete: its process was killed/);
      expect(fold.merge.frames).toBeGreaterThanOrEqual(framesBefore);
      framesBefore = fold.merge.frames;
    }
    expect(framesBefore).toBe(7);
  });

  test("a directory without a journal says so", async () => {
    await expect(rebuildRun(directory)).rejects.toMatchObject({ code: "ONRUSH_RUN_DIRECTORY" });
  });
});
