/**
 * Goal: the HTTP API hands out every format of a run's report, as `onrush report` makes it, and a page that still runs
 * its own script and nothing else. Method: the server itself, asked without a socket, over a run directory.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildServer } from "../../../coordinator/http/server.ts";
import { renderText, type TextKind } from "../../../coordinator/report/outputs.ts";
import { rebuildRun } from "../../../coordinator/report/rebuild.ts";
import { RunArchive } from "../../../coordinator/service/run-archive.ts";
import type { Service } from "../../../coordinator/service/service.ts";
import { openJournal } from "../../../coordinator/store/journal.ts";
import { type RunFile, runPath, writeRunFile } from "../../../coordinator/store/run-directory.ts";
import { createLog } from "../../../shared/log.ts";
import { facts, goodFrames } from "../merge/synthetic-run.ts";

const RUN = "20231114-221320-synthetic-aaaaaa";
let data: string;
let app: Awaited<ReturnType<typeof buildServer>>;

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), "onrush-http-"));
  const directory = join(data, RUN);
  await mkdir(directory);
  await writeRunFile(directory, { schema: 1, id: RUN } as RunFile);
  const { journal } = await openJournal(runPath.journal(directory));
  journal.append({ type: "header", header: facts() });
  for (const [seq, body] of goodFrames().entries()) {
    journal.append({ type: "frame", epoch: 1, seq, body, late: false });
  }
  await journal.close();
  app = await buildServer({
    service: {
      archive: new RunArchive(data),
      // Nothing waits or goes on.
      entry: () => null,
      fleet: { waiting: [], sessions: [] },
    } as unknown as Service,
    leads: () => true,
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
