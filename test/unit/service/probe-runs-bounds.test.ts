/**
 * Goal: no run waits for its probe run without a bound, whatever keeps that from its end, and what a probe run said reaches the results even
 * when the disk refuses them for a while. Method: probe runs that nobody takes up, cannot be read, never end or have ended before, in the
 * stage of probe-runs.test.ts.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { PROBE_BROKEN_OFF } from "../../../coordinator/run/probe-run.ts";
import { RunArchive } from "../../../coordinator/service/run-archive.ts";
import { openJournal } from "../../../coordinator/store/journal.ts";
import { readJournal } from "../../../coordinator/store/journal-reader.ts";
import { directoryError } from "../../../coordinator/store/journal-record.ts";
import { runPath } from "../../../coordinator/store/run-directory.ts";
import type { OnrushError } from "../../../shared/errors.ts";
import { scratch } from "../../support/programs.ts";
import { facts, goodFrames } from "../merge/synthetic-run.ts";
import { lay, PROBE_RUN, RUN, stage } from "./probe-stage.ts";

const NAMED = { kind: "slower-ramp", run: PROBE_RUN, outcome: null };
const SEEN = /connections were open at most/;

afterEach(() => vi.restoreAllMocks());

/** A probe run that has come to its end, under a coordinator before this one. */
async function layEnded(folder: string): Promise<void> {
  await lay(folder, PROBE_RUN, { state: "done", startedAt: new Date(0).toISOString() });
  const directory = join(folder, PROBE_RUN);
  const { journal } = await openJournal(runPath.journal(directory));
  journal.append({ type: "header", header: { ...facts(), run: PROBE_RUN } });
  for (const [seq, body] of goodFrames().entries())
    journal.append({ type: "frame", epoch: 1, seq, body, late: false });
  await journal.close();
  const summary = { verdict: "pass", exitCode: 0, validity: { reasons: [] } };
  writeFileSync(runPath.summary(directory), JSON.stringify(summary));
}

async function probedIn(directory: string): Promise<number> {
  let probed = 0;
  for await (const record of readJournal(runPath.journal(directory)))
    if (record.type === "event" && record.event.type === "probed") probed++;
  return probed;
}

function noRoom(): OnrushError {
  const error = Object.assign(new Error("no room"), { code: "ENOSPC" });
  return directoryError("cannot write", "summary.json", error);
}

describe("a probe run that nobody can take up", () => {
  it.each([
    { end: null, seconds: 120 },
    { end: "stop" as const, seconds: 10 },
  ])("is waited for $seconds s where its run is to end by $end", async ({ end, seconds }) => {
    using folder = scratch();
    await lay(folder.path, PROBE_RUN, { state: "running" });
    const staged = stage(folder.path, { probe: NAMED, isWaiting: true, end });
    const { first, outcome, what, probeRuns, nowUs, saved } = staged;
    expect(await probeRuns.after(first, outcome, what)).toBe(outcome);
    expect(saved(RUN).probe).toEqual({ ...NAMED, outcome: PROBE_BROKEN_OFF });
    expect(nowUs()).toBeGreaterThan(seconds * 1e6);
    expect(nowUs()).toBeLessThan((seconds + 5) * 1e6);
  });

  it("is not taken for gone because it cannot be read", async () => {
    using folder = scratch();
    await lay(folder.path, PROBE_RUN);
    writeFileSync(runPath.runFile(join(folder.path, PROBE_RUN)), "{");
    const staged = stage(folder.path, { probe: NAMED, isWaiting: true });
    const { first, outcome, what, probeRuns, saved } = staged;
    await probeRuns.after(first, outcome, what);
    expect(saved(RUN).probe?.outcome).toBe(PROBE_BROKEN_OFF);
  });
});

it("a probe run that is served and never ends is ended", async () => {
  using folder = scratch();
  const staged = stage(folder.path, { isWaiting: true, isInLine: false });
  const { first, outcome, what, probeRuns, nowUs, saved } = staged;
  await probeRuns.after(first, outcome, what);
  expect(saved(PROBE_RUN).commands.end).toBe("abort");
  expect(saved(RUN).probe?.outcome).toBe(PROBE_BROKEN_OFF);
  // In line, for its workers, the load, the drain, and something to spare.
  expect(nowUs() / 1e6).toBeGreaterThan(120 + 30 + 120 + 120);
  expect(nowUs() / 1e6).toBeLessThan(600);
});

describe("a probe run that has come to its end", () => {
  it("is read also when its files could not be for a moment", async () => {
    using folder = scratch();
    await layEnded(folder.path);
    const staged = stage(folder.path, { probe: NAMED, isWaiting: true });
    const { first, outcome, what, probeRuns, saved } = staged;
    vi.spyOn(RunArchive.prototype, "get").mockResolvedValueOnce(null);
    vi.spyOn(RunArchive.prototype, "summary").mockResolvedValueOnce(null);
    await probeRuns.after(first, outcome, what);
    expect(saved(RUN).probe?.outcome).toMatch(SEEN);
  });

  it("is in the results when the disk takes them again, and meanwhile that is said", async () => {
    using folder = scratch();
    await layEnded(folder.path);
    let left = 3;
    const write = async () => {
      if (left-- > 0) throw noRoom();
    };
    const staged = stage(folder.path, { probe: NAMED, isWaiting: true, write });
    const { first, outcome, what, probeRuns, saved } = staged;
    const delayed = vi.spyOn(first, "delayed");
    await probeRuns.after(first, outcome, what);
    expect(left).toBe(-1);
    expect(saved(RUN).probe?.outcome).toMatch(SEEN);
    const said = delayed.mock.calls.flatMap(([why]) => why ?? []);
    expect(said).toHaveLength(3);
    expect(said[0]).toContain("no room; it is tried again");
    expect(first.delay).toBeNull();
    expect(await probedIn(first.directory)).toBe(1);
  });

  it("is left to be taken up again when the disk refuses for ten minutes", async () => {
    using folder = scratch();
    await layEnded(folder.path);
    const write = () => Promise.reject(noRoom());
    const staged = stage(folder.path, { probe: NAMED, isWaiting: true, write });
    const { first, outcome, what, probeRuns, nowUs } = staged;
    await expect(probeRuns.after(first, outcome, what)).rejects.toThrow("no room");
    expect(nowUs() / 1e6).toBeGreaterThan(580);
    expect(nowUs() / 1e6).toBeLessThan(610);
    expect(first.probe).toEqual(NAMED);
  });

  it("is not waited with when the coordinator ends", async () => {
    using folder = scratch();
    await layEnded(folder.path);
    const write = () => {
      staged.leave();
      return Promise.reject(noRoom());
    };
    const staged = stage(folder.path, { probe: NAMED, isWaiting: true, write });
    const { first, outcome, what, probeRuns, nowUs } = staged;
    const settled = probeRuns.after(first, outcome, what);
    await expect(settled).rejects.toMatchObject({ code: "ONRUSH_COORDINATOR_TAKEN" });
    expect(nowUs()).toBeLessThan(5e6);
  });

  it("has said what it said, also where the results could not be written after that", async () => {
    using folder = scratch();
    const { fold, first, outcome, what, probeRuns, saved } = stage(folder.path, { probe: NAMED });
    const told = { cause: "connection-cap", named: null, seen: "40 connections were open" };
    const event = { type: "probed", probe: "slower-ramp", run: PROBE_RUN, ...told } as const;
    fold.probes.push({ ...event, wallMs: 0, elapsedUs: null });
    await probeRuns.after(first, { ...outcome, problem: noRoom(), exitCode: 98 }, what);
    expect(saved(RUN).probe?.outcome).toBe(told.seen);
  });
});
