/**
 * Goal: what a run looked at beside its load, and single failures with their clocks, are in its directory: rungs of the ladder,
 * readings of the target's page, failures that agree with the exact counts. Method: the built command against the bundled target, which
 * closes connections that are idle; its own counts say that the load was what was planned, and one probe beside it.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { rebuildRun } from "../../coordinator/report/rebuild.ts";
import { runScenario, scratch, startTarget } from "../support/programs.ts";

const IDLE_MS = 1500;
const CONNECTIONS = 20;

it("a run that observes its target can be asked what went wrong, and when", async () => {
  using folder = scratch();
  await using target = await startTarget({ close: [{ idleMs: IDLE_MS, code: 4002 }] });
  const page = `${target.url.replace(/^ws/, "http").replace(/\/$/, "")}/stats`;
  const result = await runScenario(
    {
      target: target.url,
      load: [
        { phase: "come", ramp: "linear", to: CONNECTIONS, over: "1s" },
        { phase: "stay", hold: "4s" },
      ],
      messages: { rate: "0.1/s", mix: [{ name: "say", send: { text: "hello" } }] },
      observe: {
        ladder: { every: "500ms", echo: "probe" },
        metrics: [{ url: page, every: "500ms", pick: ["messagesIn", "socketsOpen"] }],
      },
    },
    folder.path,
  );
  const { runDirectory } = result;
  const { fold } = await rebuildRun(runDirectory);
  const { evidence, failures } = fold.merge;

  const known = evidence.events.failures().filter(({ kind }) => kind === "close-code");
  expect(known.length).toBeGreaterThan(0);
  const counted = failures.byKind.get("close-code") ?? 0;
  expect(known.reduce((sum, { weight }) => sum + weight, 0)).toBe(counted);
  for (const { idleTxMs, ageMs, initiator, address, openInCluster } of known) {
    // The target's timer and ours are started by different ends of one message.
    expect(idleTxMs ?? ageMs).toBeGreaterThan(IDLE_MS - 100);
    expect([initiator, address]).toEqual(["server", "127.0.0.1"]);
    expect(openInCluster).toBeLessThanOrEqual(CONNECTIONS);
  }
  const controls = evidence.events.controls();
  expect(controls.length).toBeGreaterThan(5);
  for (const { connection } of controls) expect(connection).toBeLessThan(CONNECTIONS);

  const seconds = [0, 1, 2, 3, 4];
  expect(evidence.ladder.targets).toEqual([0]);
  for (const rung of ["wake", "tcp", "ping", "echo"] as const) {
    const answered = seconds.map((second) => evidence.ladder.at(second, 0, rung)?.answered ?? 0);
    expect(
      answered.reduce((sum, one) => sum + one, 0),
      rung,
    ).toBeGreaterThanOrEqual(3);
  }
  const open = seconds.map((second) => evidence.readings.at(second, "socketsOpen"));
  expect(Math.max(...open.map((value) => value ?? 0))).toBeGreaterThan(CONNECTIONS / 2);
  expect(seconds.some((second) => (evidence.health.at(second, "rssBytes") ?? 0) > 1e6)).toBe(true);
  if (process.platform === "linux") {
    const sent = seconds.map((second) => evidence.kernel.at(second, "segmentsSent") ?? 0);
    expect(Math.max(...sent)).toBeGreaterThan(0);
  }

  const [header = "", ...rows] = readFileSync(join(runDirectory, "timeline.csv"), "utf8").split(
    "\n",
  );
  const columns = header.split(",");
  for (const column of ["probe_tcp_max_ms", "probe_echo_max_ms", "messagesIn"]) {
    const at = columns.indexOf(column);
    expect(at).toBeGreaterThan(0);
    expect(rows.some((row) => Number(row.split(",")[at]) > 0)).toBe(true);
  }
  // The probe's own connection, and what it opened again when the target found that idle, too.
  const established = result.summary?.connections.established ?? 0;
  const { accepted } = await target.now();
  expect(accepted).toBeGreaterThan(established);
  expect(accepted).toBeLessThanOrEqual(established + 3);
});
