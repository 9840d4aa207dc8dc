/**
 * Goal: reports are made one at a time, each once while its journal is the same, and no more wait than may. Method: jobs
 * that end when the test says so, over real files.
 */
import { appendFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ReportContent, ReportJob } from "../../../coordinator/report/jobs.ts";
import { Rendering } from "../../../coordinator/service/rendering.ts";
import { systemTimers } from "../../../shared/time/timer.ts";

let data: string;
beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), "onrush-rendering-"));
  for (let run = 0; run < 40; run++) {
    await mkdir(join(data, `${run}`));
    await writeFile(join(data, `${run}`, "journal"), "x");
  }
});
afterAll(() => rm(data, { recursive: true, force: true }));

const LONG_MS = 60_000;
const reportOf = (run: number): Exclude<ReportJob, { kind: "write" }> => ({
  ...{ kind: "render", directory: join(data, `${run}`), format: "pdf" },
});

/** Jobs begin as they come, and end by end(). */
function scripted() {
  const begun: ReportJob[] = [];
  const ends: ((made: ReportContent | Error) => void)[] = [];
  const rendering = new Rendering({
    execute: (job) =>
      new Promise((resolve, reject) => {
        begun.push(job);
        ends.push((made) => (made instanceof Error ? reject(made) : resolve(made)));
      }),
    close: () => {},
    timers: systemTimers,
  });
  const end = async (made: ReportContent | Error) => {
    await expect.poll(() => ends.length).toBeGreaterThan(0);
    ends.shift()?.(made);
  };
  return { rendering, begun, end };
}

test("who asks for the same waits for the same one; it is kept until its journal grows", async () => {
  const { rendering, begun, end } = scripted();
  const asked = Array.from({ length: 8 }, () => rendering.ask(reportOf(0), LONG_MS));
  await end("first");
  expect(await Promise.all(asked)).toEqual(asked.map(() => ({ content: "first" })));
  expect(await rendering.ask(reportOf(0), LONG_MS)).toEqual({ content: "first" });
  expect(begun).toHaveLength(1);
  await appendFile(join(data, "0", "journal"), "y");
  const again = rendering.ask(reportOf(0), LONG_MS);
  await end("second");
  expect(await again).toEqual({ content: "second" });
  expect(begun).toHaveLength(2);
});

test("one is made at a time, a run's own results first, and who comes too many is sent away", async () => {
  const { rendering, begun, end } = scripted();
  const answers: unknown[] = [];
  // Which of them come last is for the file system to say.
  const asked = Array.from({ length: 20 }, async (_, run) => {
    answers.push(await rendering.ask(reportOf(run + 1), LONG_MS));
  });
  await expect.poll(() => answers).toEqual(["busy", "busy", "busy"]);
  expect(begun).toHaveLength(1);
  const own = rendering.write({ kind: "write", directory: "own", outputs: [] });
  await end("made");
  await expect.poll(() => begun.length).toBe(2);
  expect(begun[1]).toMatchObject({ kind: "write", directory: "own" });
  await end("");
  await own;
  for (let left = 0; left < 16; left++) await end("made");
  await Promise.all(asked);
  expect(answers.slice(3)).toEqual(Array.from({ length: 17 }, () => ({ content: "made" })));
});

test("one that takes long is told of later, and is there then; one that fails is made anew", async () => {
  const { rendering, begun, end } = scripted();
  expect(await rendering.ask(reportOf(30), 10)).toBe("later");
  await end("slow");
  await expect.poll(() => rendering.ask(reportOf(30), 10)).toEqual({ content: "slow" });
  const failing = rendering.ask(reportOf(31), LONG_MS);
  failing.catch(() => {});
  await end(new Error("broken"));
  await expect(failing).rejects.toThrow("broken");
  const again = rendering.ask(reportOf(31), LONG_MS);
  await end("whole");
  expect(await again).toEqual({ content: "whole" });
  expect(begun).toHaveLength(3);
});
