/**
 * Goal: the HTTP API hands out every format of a run's report, as `onrush report` makes it, and a page that still runs
 * its own script and nothing else. Method: the server itself, asked without a socket, over a run directory.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildServer } from "../../../coordinator/http/server.ts";
import { compareRuns } from "../../../coordinator/report/compare-runs.ts";
import { ReportJobs } from "../../../coordinator/report/jobs.ts";
import { renderText, type TextKind } from "../../../coordinator/report/outputs.ts";
import { rebuildRun } from "../../../coordinator/report/rebuild.ts";
import { Rendering } from "../../../coordinator/service/rendering.ts";
import { RunArchive } from "../../../coordinator/service/run-archive.ts";
import type { Service } from "../../../coordinator/service/service.ts";
import { openJournal } from "../../../coordinator/store/journal.ts";
import { type RunFile, runPath, writeRunFile } from "../../../coordinator/store/run-directory.ts";
import { createLog } from "../../../shared/log.ts";
import { systemTimers } from "../../../shared/time/timer.ts";
import { facts, goodFrames } from "../merge/synthetic-run.ts";

const RUN = "20231114-221320-synthetic-aaaaaa";
const OVER = ["20231114-221321-synthetic-bbbbbb", "20231114-221322-synthetic-cccccc"] as const;
const jobs = new ReportJobs();
let data: string;
let app: Awaited<ReturnType<typeof buildServer>>;

/** One that goes on, or one that is over and has its summary. */
async function writeRun(id: string, state: "running" | "done"): Promise<void> {
  const directory = join(data, id);
  await mkdir(directory);
  await writeRunFile(directory, { schema: 1, id, state } as RunFile);
  const { journal } = await openJournal(runPath.journal(directory));
  journal.append({ type: "header", header: { ...facts(), run: id } });
  for (const [seq, body] of goodFrames().entries()) {
    journal.append({ type: "frame", epoch: 1, seq, body, late: false });
  }
  await journal.close();
  if (state !== "done") return;
  const { model } = await rebuildRun(directory);
  await writeFile(join(directory, "summary.json"), renderText("json", model));
}

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), "onrush-http-"));
  await writeRun(RUN, "running");
  for (const id of OVER) await writeRun(id, "done");
  app = await buildServer({
    service: {
      archive: new RunArchive(data),
      // Nothing waits or goes on.
      entry: () => null,
      isOver: ({ state }: { readonly state: string }) => state === "done",
      rendering: new Rendering({
        execute: (job) => jobs.execute(job),
        close: () => {},
        timers: systemTimers,
      }),
      takeUp: { why: () => "nobody does", isForeign: () => false },
      fleet: { waiting: [], sessions: [] },
    } as unknown as Service,
    lead: { held: true, standing: async () => "leads" },
    tokens: null,
    local: true,
    log: createLog("coordinator", "error", () => {}),
  });
});
afterAll(async () => {
  await app.close();
  await rm(data, { recursive: true, force: true });
});

const get = (path: string) =>
  app.inject({ url: `/api/v1/runs/${path}`, headers: { host: "127.0.0.1" } });

describe("GET /runs/:id/report.*", () => {
  test.each([
    ["html", "html", "text/html"],
    ["md", "md", "text/markdown"],
    ["xml", "junit", "application/xml"],
    ["csv", "csv", "text/csv"],
  ] as const)("report.%s", async (ending, kind: TextKind, type) => {
    const answer = await get(`${RUN}/report.${ending}`);
    expect(answer.statusCode, answer.body).toBe(200);
    expect(answer.headers["content-type"]).toBe(`${type}; charset=utf-8`);
    const { model } = await rebuildRun(join(data, RUN));
    expect(answer.body === renderText(kind, model)).toBe(true);
  });

  test("the page's own policy is the server's, too", async () => {
    const { headers, body } = await get(`${RUN}/report.html`);
    const policy = String(headers["content-security-policy"]);
    expect(policy).toContain("default-src 'none'; script-src 'sha256-");
    expect(body).toContain(policy.replaceAll("'", "&#39;"));
  });

  test("of a run nobody knows: 404, as a problem", async () => {
    const answer = await get("no-such-run/report.html");
    expect(answer.statusCode).toBe(404);
    expect(answer.headers["content-type"]).toContain("application/problem+json");
  });
});

describe("GET /runs/:id/compare/:other", () => {
  const [before, after] = OVER;

  test("says what the command says of the two directories", async () => {
    const answer = await get(`${after}/compare/${before}`);
    expect(answer.statusCode, answer.body).toBe(200);
    const rules = { rules: [], failInconclusive: false, despite: new Set<never>() };
    const sides = { baseline: [join(data, before)], candidate: [join(data, after)] };
    const said = JSON.parse(JSON.stringify(await compareRuns({ ...sides, ...rules })));
    expect(JSON.parse(answer.body)).toEqual(said);
    expect(said.a[0].run).toBe(before);
    expect(said.b[0].run).toBe(after);
  });

  test("not with itself, one that goes on, or one nobody knows", async () => {
    for (const [path, status] of [
      [`${before}/compare/${before}`, 400],
      [`${before}/compare/${RUN}`, 404],
      [`${RUN}/compare/${before}`, 404],
      [`${before}/compare/no-such-run`, 404],
    ] as const) {
      const answer = await get(path);
      expect(answer.statusCode, answer.body).toBe(status);
      expect(answer.headers["content-type"]).toContain("application/problem+json");
    }
  });
});
