/**
 * A coordinator that stands still past its lead, and runs that nobody serves. Goal: a run is written by one coordinator at a
 * time and loses nothing when another one takes it up, on this host or another; until then nobody is told that it is over.
 */
import { readFile, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type ClusterWorker,
  Coordinator,
  echoScenario,
  flawsOf,
  type Problem,
  SOUND,
} from "../support/coordinator.ts";
import { freePort } from "../support/ports.ts";
import { onrush, scratch, startTarget, type Target } from "../support/programs.ts";
import { type BrokerServer, brokersOf, missing } from "../support/servers.ts";
import { endTwoWorkers, startTwoWorkers } from "../support/two-workers.ts";

const WAIT = { timeout: 30_000, interval: 100 };

async function expectExact(coordinator: Coordinator, id: string, target: Target): Promise<void> {
  const summary = await coordinator.result(id);
  const stats = await target.stats();
  expect(flawsOf(summary)).toEqual([]);
  expect(SOUND).toContain(summary.exitCode);
  expect(summary.connections.established).toBe(stats.accepted);
  expect(summary.messages.sent).toBe(stats.messagesIn);
  expect(summary.messages.received).toBe(stats.messagesOut);
  expect(summary.validity.ledger.balanced).toBe(true);
  expect(summary.validity.framesMissing).toBe(0);
}

describe.each(brokersOf("redis"))("a run whose coordinator on %s does not serve it", (kind) => {
  let broker: BrokerServer;
  let coordinator: Coordinator;
  let workers: readonly ClusterWorker[] = [];
  const folder = scratch();
  const absent = missing(kind);
  const lockOf = (id: string) => join(folder.path, id, ".lock");

  beforeAll(async () => {
    if (absent !== null) return;
    ({ broker, coordinator, workers } = await startTwoWorkers(kind, folder.path));
  });

  afterAll(async () => {
    await endTwoWorkers({ workers, coordinator, broker });
    folder[Symbol.dispose]();
  });

  it.skipIf(absent !== null)(
    "is taken up by the standby when the leader stands still, and the leader steps aside",
    async () => {
      await using target = await startTarget();
      const scenario = echoScenario(target.url, { connections: 60, holdSeconds: 20 });
      const id = await coordinator.submit(scenario, "?workers=2");
      await expect.poll(async () => (await target.now()).messagesIn, WAIT).toBeGreaterThan(60);
      const port = await freePort();
      const starting = Coordinator.start({ bus: broker.url, data: folder.path, port });
      const ask = (path: string) => fetch(`http://127.0.0.1:${port}${path}`).catch(() => null);
      await expect.poll(async () => (await ask("/readyz"))?.status ?? 0, WAIT).toBe(503);
      coordinator.signal("SIGSTOP");
      await using second = await starting;
      await expect.poll(async () => (await second.info(id)).served, WAIT).toBe(true);
      // Asked while it stands still, answered when it comes back: not as if it still led.
      const late = Promise.all([
        coordinator.get<Problem>(`/runs/${id}`).catch(() => null),
        coordinator.post<Problem>(`/runs/${id}/actions/stop`).catch(() => null),
      ]);
      const ended = coordinator.ended();
      coordinator.signal("SIGCONT");
      for (const answer of await late) {
        if (answer === null) continue;
        expect(answer.status, answer.text).toBe(503);
        expect(answer.body.code).toBe("ONRUSH_COORDINATOR_TAKEN");
      }
      expect(await ended, coordinator.log).toBe(98);
      expect(coordinator.log).toContain("has taken the lead; this one stops");
      await expectExact(second, id, target);
      expect((await second.info(id)).state).toBe("done");
      expect(await second.terminate(), second.log).toBe(0);
      await coordinator.start();
    },
  );

  it.skipIf(absent !== null)(
    "is said to be so, is neither over nor removed, and is taken up when its lock is free",
    async () => {
      await using target = await startTarget();
      const scenario = echoScenario(target.url, { connections: 30, holdSeconds: 300 });
      const id = await coordinator.submit(scenario, "?workers=2");
      await expect.poll(async () => (await target.now()).messagesIn, WAIT).toBeGreaterThan(30);
      await coordinator.kill();
      // Of another bus, on another host, and alive.
      await writeFile(lockOf(id), JSON.stringify({ pid: 1, host: "elsewhere" }));
      const alive = setInterval(() => {
        const now = new Date();
        utimes(lockOf(id), now, now).catch(() => {});
      }, 500);
      try {
        await coordinator.start();
        const info = await coordinator.info(id);
        expect(info).toMatchObject({ state: "running", served: false, exitCode: null });
        expect(info.problem).toMatch(/not served: .*in use by process 1 on elsewhere/);
        for (const action of ["stop", "abort", "scale"]) {
          const answer = await coordinator.post<Problem>(`/runs/${id}/actions/${action}`, {
            body: { workers: 1 },
          });
          expect(answer.status, answer.text).toBe(503);
          expect(answer.body.detail).toContain(
            "is not over, and this coordinator does not serve it",
          );
          expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
        }
        expect((await coordinator.get(`/runs/${id}/stream`)).status).toBe(503);
        const removal = await coordinator.request<Problem>("DELETE", `/runs/${id}`);
        expect(removal.status, removal.text).toBe(409);
        expect(removal.body.detail).toContain("is not over: it is running");
        expect(await readFile(lockOf(id), "utf8")).toContain("elsewhere");
      } finally {
        clearInterval(alive);
      }
      // Nothing moves on it any more; nobody removes it.
      await expect
        .poll(async () => (await coordinator.info(id)).served, { ...WAIT, timeout: 60_000 })
        .toBe(true);
      expect((await coordinator.post(`/runs/${id}/actions/stop`)).status).toBe(202);
      expect(await coordinator.over(id)).toMatchObject({ verdict: "stopped", exitCode: 103 });
      await expectCounts(coordinator, id, target);
      expect((await coordinator.request("DELETE", `/runs/${id}`)).status).toBe(204);
    },
  );

  it.skipIf(absent !== null)("is another program's: said, and left alone", async () => {
    await using target = await startTarget();
    const name = "20200101-000000-by-hand-aaaa";
    const directory = join(folder.path, name);
    const ended = await onrush(["run", target.url, "-c", "3", "-d", "1s", "--run-dir", directory]);
    expect(SOUND, ended.stderr).toContain(ended.exitCode);
    const file = JSON.parse(await readFile(join(directory, "run.json"), "utf8")) as object;
    const text = JSON.stringify({ ...file, id: name, state: "running", endedAt: null });
    await writeFile(join(directory, "run.json"), text);
    await expect
      .poll(async () => (await coordinator.info(name)).problem, WAIT)
      .toBe("it is not served: no coordinator began it");
    const answer = await coordinator.post<Problem>(`/runs/${name}/actions/stop`);
    expect(answer.status, answer.text).toBe(409);
    expect(answer.body.detail).not.toContain("is over");
    expect((await coordinator.request("DELETE", `/runs/${name}`)).status).toBe(409);
    await rm(directory, { recursive: true });
  });
});

async function expectCounts(coordinator: Coordinator, id: string, target: Target): Promise<void> {
  const { connections, messages } = await coordinator.result(id);
  const stats = await target.stats();
  expect(connections.established).toBe(stats.accepted);
  expect(messages.sent).toBe(stats.messagesIn);
}
