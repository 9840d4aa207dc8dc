/**
 * The coordinator as a service, with workers on a real broker: what is submitted runs, and the API's numbers are the
 * target's.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Summary } from "../../coordinator/report/summary-schema.ts";
import {
  type ClusterWorker,
  Coordinator,
  echoScenario,
  flawsOf,
  type Info,
  SOUND,
  startWorker,
} from "../support/coordinator.ts";
import { readStream, type StreamEvent } from "../support/event-reader.ts";
import { scratch, startTarget, type Target } from "../support/programs.ts";
import { type BrokerServer, brokersOf, missing, startBroker } from "../support/servers.ts";

const WAIT = { timeout: 30_000, interval: 100 };

describe.each(brokersOf("nats"))("a coordinator on %s", (kind) => {
  let broker: BrokerServer;
  let coordinator: Coordinator;
  let target: Target;
  const workers: ClusterWorker[] = [];
  const folder = scratch();
  const absent = missing(kind);

  beforeAll(async () => {
    if (absent !== null) return;
    broker = await startBroker(kind);
    target = await startTarget();
    coordinator = await Coordinator.start({ bus: broker.url, data: folder.path });
    workers.push(startWorker(broker.url, "worker-a"), startWorker(broker.url, "worker-b"));
    await coordinator.until("both workers are there", async () => {
      const { body } = await coordinator.get<{ workers: unknown[] }>("/workers");
      return body.workers.length === 2;
    });
  });

  afterAll(async () => {
    await Promise.all(workers.map((worker) => worker.leave()));
    await coordinator?.kill();
    await target?.[Symbol.asyncDispose]();
    await broker?.stop();
    folder[Symbol.dispose]();
  });

  it.skipIf(absent !== null)(
    "runs what is submitted, and its numbers are the target's",
    async () => {
      await using own = await startTarget();
      const answer = await coordinator.post<{ id: string; state: string }>("/runs?workers=2", {
        body: echoScenario(own.url),
      });
      expect(answer.status).toBe(201);
      const { id, state } = answer.body;
      expect(["created", "offered"]).toContain(state);
      expect(answer.headers.get("location")).toBe(`/api/v1/runs/${id}`);

      const info = await coordinator.over(id);
      expect(info).toMatchObject({ id, name: "service echo", state: "done", problem: null });
      expect(info.waiting).toBe(null);
      const summary = await coordinator.result(id);
      expect(flawsOf(summary)).toEqual([]);
      expect(SOUND).toContain(info.exitCode);
      expect(info).toMatchObject({ verdict: summary.verdict, exitCode: summary.exitCode });
      const stats = await own.stats();
      expect(stats.accepted).toBe(100);
      expect(summary.connections.established).toBe(stats.accepted);
      expect(summary.messages.sent).toBe(stats.messagesIn);
      expect(summary.messages.received).toBe(stats.messagesOut);
      expect(summary.validity.ledger.balanced).toBe(true);
      expect(summary.workers.map((worker) => worker.id).sort()).toEqual(["worker-a", "worker-b"]);

      const { body } = await coordinator.get<Summary & { incomplete: boolean }>(
        `/runs/${id}/summary`,
      );
      const { incomplete, ...rebuilt } = body;
      expect(incomplete).toBe(false);
      expect(rebuilt).toEqual(summary);
      const { body: listed } = await coordinator.get<{ runs: Info[] }>("/runs");
      expect(listed.runs.find((run) => run.id === id)).toEqual(info);
    },
  );

  it.skipIf(absent !== null)("hands out everything that is kept of a run", async () => {
    const id = await coordinator.submit(echoScenario(target.url, { connections: 40 }));
    const summary = await coordinator.result(id);
    const { body: plan } = await coordinator.get<Record<string, unknown>>(`/runs/${id}/plan`);
    expect(plan).toMatchObject({ connections: 40, durationSeconds: 4, plannedOpens: 40 });
    expect(plan["hash"]).toMatch(/^[0-9a-f]{64}$/);
    const { body } = await coordinator.get<{ events: { type: string; to?: string }[] }>(
      `/runs/${id}/events`,
    );
    const states = body.events.flatMap(({ type, to }) => (type === "state" ? [to] : []));
    expect(states).toEqual(["offered", "ready", "running", "draining", "merging", "done"]);
    const timeline = await coordinator.get(`/runs/${id}/timeline`);
    expect(timeline.headers.get("content-type")).toBe("text/csv; charset=utf-8");
    const csv = await coordinator.get(`/runs/${id}/report.csv`);
    expect(csv.text).toContain(`\nrun,,,messages_sent,count,,${summary.messages.sent}\n`);
    const [head = "", ...rows] = timeline.text.trim().split("\n");
    const sent = head.split(",").indexOf("sent");
    expect(rows.reduce((sum, row) => sum + Number(row.split(",")[sent]), 0)).toBe(
      summary.messages.sent,
    );
    const failures = await coordinator.get(`/runs/${id}/failures`);
    expect(failures.body).toEqual({ failures: [] });
    const scenario = await coordinator.get(`/runs/${id}/scenario`);
    expect(scenario.headers.get("content-type")).toBe("application/yaml; charset=utf-8");
    expect(JSON.parse(scenario.text)).toEqual(echoScenario(target.url, { connections: 40 }));
  });

  it.skipIf(absent !== null)("streams a run from its first event to its end", async () => {
    const id = await coordinator.submit(echoScenario(target.url, { connections: 20 }));
    const { events, ended } = await readStream(coordinator, id, {});
    expect(ended).toBe(true);
    const [snapshot, ...rest] = events;
    expect(snapshot).toMatchObject({ id: null, kind: "snapshot", data: { id } });
    // How far it is by then, nobody can say; what follows is all of it.
    expect(["created", "offered", "ready"]).toContain(snapshot?.data["state"]);
    const numbers = rest.map((event) => Number(event.id?.split("-")[1]));
    expect(numbers).toEqual(rest.map((_, index) => index + 1));
    const states = rest.flatMap(({ data }) => (data["type"] === "state" ? [data["to"]] : []));
    expect(states).toEqual(["offered", "ready", "running", "draining", "merging", "done"]);
    const views = rest.filter(({ kind: one }) => one === "view");
    expect(views.length).toBeGreaterThanOrEqual(2);
    expect(rest.at(-1)).toMatchObject({ kind: "end", data: { state: "done" } });

    // Once more when it is over: everything that matters, and the end.
    const again = await readStream(coordinator, id, {});
    expect(again.ended).toBe(true);
    expect(again.events[0]).toMatchObject({
      kind: "snapshot",
      data: { state: "done", exitCode: rest.at(-1)?.data["exitCode"] },
    });
    expect(again.events.filter(({ kind: one }) => one === "event")).toEqual(
      rest.filter(({ kind: one }) => one === "event"),
    );
    expect(again.events.at(-1)).toEqual(rest.at(-1));
  });

  it.skipIf(absent !== null || kind !== "redis")(
    "goes on with a stream where its reader was cut off",
    async () => {
      const id = await coordinator.submit(echoScenario(target.url, { connections: 20 }));
      const seen: StreamEvent[] = [];
      let lastId = "";
      for (;;) {
        let left = 3;
        const part = await readStream(coordinator, id, {
          lastId,
          until: ({ id: own }) => own !== null && --left === 0,
        });
        expect(part.events[0]?.kind).toBe("snapshot");
        seen.push(...part.events.slice(1));
        lastId = part.lastId;
        if (part.ended || seen.at(-1)?.kind === "end") break;
      }
      const numbers = seen.map((event) => Number(event.id?.split("-")[1]));
      expect(numbers).toEqual(seen.map((_, index) => index + 1));
      expect(seen.at(-1)?.kind).toBe("end");
      // An id of another feed, or none at all, is none to go on after.
      for (const other of ["0badc0de-5", "5", "x", "-1"]) {
        const { events } = await readStream(coordinator, id, { lastId: other });
        expect(events[1]?.id, other).toBe(seen[0]?.id);
      }
    },
  );

  it.skipIf(absent !== null)(
    "stops a run, which drains and reports, and cuts another",
    async () => {
      for (const [action, state] of [
        ["stop", "done"],
        ["abort", "aborted"],
      ] as const) {
        await using own = await startTarget();
        const id = await coordinator.submit(
          echoScenario(own.url, { connections: 60, holdSeconds: 600 }),
          "?workers=2",
        );
        await expect.poll(async () => (await own.now()).open, WAIT).toBe(60);
        await expect.poll(async () => (await own.now()).messagesIn, WAIT).toBeGreaterThan(60);
        const { status, body } = await coordinator.post(`/runs/${id}/actions/${action}`);
        expect(status).toBe(202);
        expect(body).toEqual({ id, state: "running" });
        expect((await coordinator.post(`/runs/${id}/actions/${action}`)).status).not.toBe(500);
        const info = await coordinator.over(id);
        expect(info).toMatchObject({ state, verdict: "stopped", exitCode: 103 });
        const summary = await coordinator.result(id);
        const stats = await own.stats();
        expect(stats.open).toBe(0);
        expect(summary.connections.established).toBe(stats.accepted);
        if (action === "stop") {
          expect(summary.messages.sent).toBe(stats.messagesIn);
          expect(summary.messages.received).toBe(stats.messagesOut);
          expect(summary.messages.timedOut).toBe(0);
        }
        expect(summary.validity.ledger.balanced).toBe(true);
        expect((await coordinator.post(`/runs/${id}/actions/stop`)).status).toBe(409);
      }
    },
  );

  it.skipIf(absent !== null || kind !== "redis")("scales a run while it goes on", async () => {
    await using own = await startTarget();
    const load = { connections: 80, holdSeconds: 600 };
    const id = await coordinator.submit(echoScenario(own.url, load), "?workers=2");
    await expect.poll(async () => (await own.now()).open, WAIT).toBe(80);
    const held = async () => {
      const { body } = await coordinator.get<{ workers: { id: string; slices: number }[] }>(
        "/workers",
      );
      return body.workers.filter(({ slices }) => slices > 0).length;
    };
    expect(await held()).toBe(2);
    expect((await coordinator.info(id)).workers).toBe(2);
    const scaled = await coordinator.post(`/runs/${id}/actions/scale`, { body: { workers: 1 } });
    expect(scaled.status).toBe(202);
    await expect.poll(held, WAIT).toBe(1);
    await expect.poll(async () => (await own.now()).open, WAIT).toBe(80);
    await coordinator.post(`/runs/${id}/actions/scale`, {
      body: { workers: null, rebalance: true },
    });
    await expect.poll(held, { ...WAIT, timeout: 60_000 }).toBe(2);
    await expect.poll(async () => (await own.now()).open, WAIT).toBe(80);
    await coordinator.post(`/runs/${id}/actions/stop`);
    const summary = await coordinator.result(id);
    const stats = await own.stats();
    expect(summary.connections.established).toBe(stats.accepted);
    expect(summary.connections.closedByCause["migrated"]).toBe(stats.accepted - 80);
    expect(summary.connections.closedByCause["migrated"]).toBeGreaterThan(0);
    expect(summary.messages.sent).toBe(stats.messagesIn);
    expect(summary.messages.received).toBe(stats.messagesOut);
    expect(summary.messages.lost).toBe(0);
    expect(summary.connections.lostWithWorker).toBe(0);
  });

  it.skipIf(absent !== null || kind !== "redis")(
    "empties a worker that is to be drained",
    async () => {
      await using own = await startTarget();
      await using _extra = startWorker(broker.url, "worker/ c");
      await coordinator.until("the third worker is there", async () => {
        const { body } = await coordinator.get<{ workers: unknown[] }>("/workers");
        return body.workers.length === 3;
      });
      const load = { connections: 80, holdSeconds: 600 };
      const id = await coordinator.submit(echoScenario(own.url, load), "?workers=3");
      await expect.poll(async () => (await own.now()).open, WAIT).toBe(80);
      const third = async () => {
        const { body } = await coordinator.get<{
          workers: { id: string; slices: number; leaving: boolean; epoch: number }[];
        }>("/workers");
        return body.workers.find((worker) => worker.id === "worker/ c");
      };
      expect((await third())?.slices).toBeGreaterThan(0);
      const { status, body } = await coordinator.post(
        `/workers/${encodeURIComponent("worker/ c")}/drain`,
      );
      expect(status).toBe(202);
      expect(body).toEqual({ id: "worker/ c", epochs: [(await third())?.epoch] });
      await expect.poll(async () => (await third())?.slices, WAIT).toBe(0);
      expect((await third())?.leaving).toBe(true);
      await expect.poll(async () => (await own.now()).open, WAIT).toBe(80);
      await coordinator.post(`/runs/${id}/actions/stop`);
      const summary = await coordinator.result(id);
      expect(summary.connections.established).toBe((await own.stats()).accepted);
      expect(summary.messages.sent).toBe((await own.stats()).messagesIn);
      // The next run does without it.
      const next = await coordinator.submit(echoScenario(target.url), "?workers=2");
      const { workers: served } = await coordinator.result(next);
      expect(served.map((worker) => worker.id).sort()).toEqual(["worker-a", "worker-b"]);
    },
  );
});
