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
  type Info,
  startWorker,
} from "../support/coordinator.ts";
import { scratch, startTarget, type Target } from "../support/programs.ts";
import { type BrokerKind, type BrokerServer, missing, startBroker } from "../support/servers.ts";

const BROKERS = ["redis", "nats"] as const satisfies readonly BrokerKind[];

describe.each(BROKERS)("a coordinator on %s", (kind) => {
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
      expect(state).toBe("created");
      expect(answer.headers.get("location")).toBe(`/api/v1/runs/${id}`);

      const info = await coordinator.over(id);
      expect(info).toMatchObject({ id, name: "service echo", state: "done", problem: null });
      expect(info).toMatchObject({ verdict: "pass", exitCode: 0, waiting: null });
      const summary = await coordinator.result(id);
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
    expect(csv.text).toBe(timeline.text);
    const [head = "", ...rows] = csv.text.trim().split("\n");
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
});
