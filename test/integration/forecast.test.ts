/**
 * Goal: what a run foretells of a service that leaks is what the service does. Method: a server of this test tells of a gauge that grows by
 * its own clock, with noise from a seed; the built command reads it beside a load on the bundled target; the gauge is at its limit when the
 * report of the run, which ended before, says it would be.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { runScenario, scratch, startTarget } from "../support/programs.ts";
import { normal } from "../unit/analysis/stats/noise.ts";

const BYTES_A_SECOND = 10_000;
/** Standard deviation, in seconds of growth. */
const NOISE_SECONDS = 2;
/** Of the server's clock: some 20 s after the run. */
const LIMIT_SECONDS = 85;
const LIMIT = BYTES_A_SECOND * LIMIT_SECONDS;
const CONNECTIONS = 10;
/** A value is known to the second in which it was read. */
const SLACK_MS = 1000;

it("a gauge that leaks is at its limit when the report says so", async () => {
  using folder = scratch();
  await using target = await startTarget();
  const began = performance.now();
  const beganWallMs = Date.now();
  const grown = () => (BYTES_A_SECOND * (performance.now() - began)) / 1000;
  let asked = 0;
  const server = createServer((_, response) => {
    const noise = NOISE_SECONDS * BYTES_A_SECOND * normal(7, 1, asked++);
    response.end(`heap_bytes ${Math.round(grown() + noise)}\nprocess_open_fds 40\n`);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  try {
    const { summary, stderr } = await runScenario(
      {
        target: target.url,
        load: [
          { phase: "come", ramp: "linear", to: CONNECTIONS, over: "1s" },
          { phase: "stay", hold: "58s" },
        ],
        messages: { rate: "1/s", mix: [{ name: "say", send: { text: "hello" } }] },
        observe: {
          metrics: [
            {
              url: `http://127.0.0.1:${port}/metrics`,
              every: "1s",
              pick: ["heap_bytes", "process_open_fds"],
              limits: { heap_bytes: LIMIT, process_open_fds: 1024 },
            },
          ],
        },
      },
      folder.path,
    );
    const [heap, files] = summary?.forecasts ?? [];
    expect(heap?.outcome, `${stderr}${JSON.stringify(heap)}`).toBe("reaches");
    const startMs = Date.parse(summary?.startedAt ?? "");
    const truthMs = beganWallMs + 1000 * LIMIT_SECONDS;
    expect(startMs + 1000 * (summary?.durationSeconds ?? 0)).toBeLessThan(truthMs);
    expect(startMs + (heap?.earliest ?? 0) - SLACK_MS).toBeLessThan(truthMs);
    expect(startMs + (heap?.latest ?? Number.POSITIVE_INFINITY) + SLACK_MS).toBeGreaterThan(
      truthMs,
    );
    const perHour = (BYTES_A_SECOND * 3600) / CONNECTIONS;
    expect(heap?.perConnectionHour?.low).toBeLessThan(perHour);
    expect(heap?.perConnectionHour?.high).toBeGreaterThan(perHour);
    expect([files?.outcome, files?.why]).toEqual(["none", "flat"]);
    // The server does what it was said to do.
    await sleep(Math.max(0, truthMs - Date.now()));
    expect(grown() / LIMIT).toBeGreaterThan(0.99);
  } finally {
    server.close();
  }
}, 180_000);
