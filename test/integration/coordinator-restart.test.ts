/**
 * A coordinator that is killed, told to end, or replaced while runs go on: the next one takes them up, and nothing is
 * counted twice or not at all. The target's count is the judge.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type ClusterWorker,
  Coordinator,
  echoScenario,
  flawsOf,
  type Problem,
  SOUND,
} from "../support/coordinator.ts";
import { readStream, type StreamEvent } from "../support/event-reader.ts";
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
  expect(summary.connections.lostWithWorker).toBe(0);
}

describe.each(brokersOf("redis"))("a coordinator on %s that ends and comes back", (kind) => {
  let broker: BrokerServer;
  let coordinator: Coordinator;
  let workers: readonly ClusterWorker[] = [];
  const folder = scratch();
  const absent = missing(kind);

  beforeAll(async () => {
    if (absent !== null) return;
    ({ broker, coordinator, workers } = await startTwoWorkers(kind, folder.path));
  });

  afterAll(async () => {
    await endTwoWorkers({ workers, coordinator, broker });
    folder[Symbol.dispose]();
  });

  it.skipIf(absent !== null)("takes a run up after kill -9, exact to the message", async () => {
    await using target = await startTarget();
    const scenario = echoScenario(target.url, { connections: 120, holdSeconds: 12 });
    const call = { body: scenario, headers: { "idempotency-key": `kill-${kind}` } };
    const { body } = await coordinator.post<{ id: string }>("/runs?workers=2", call);
    const { id } = body;
    const command = onrush(["watch", id, "--coordinator", coordinator.url, "--json"]);
    const firstHalf = readStream(coordinator, id, {});
    await expect.poll(async () => (await target.now()).messagesIn, WAIT).toBeGreaterThan(200);
    await coordinator.kill();
    const before = await firstHalf;
    expect(before.ended).toBe(false);
    const opened = (await target.now()).accepted;
    expect(opened).toBe(120);
    await coordinator.start();

    // The same request finds the same run.
    const repeated = await coordinator.post<{ id: string; state: string }>("/runs?workers=2", call);
    expect(repeated.status).toBe(201);
    expect(repeated.body).toEqual({ id, state: "running" });
    const other = { ...call, body: echoScenario(target.url) };
    expect((await coordinator.post<Problem>("/runs?workers=2", other)).status).toBe(422);

    // A reader that comes back with its last id gets all that the new coordinator says.
    const after = await readStream(coordinator, id, { lastId: before.lastId });
    expect(after.ended).toBe(true);
    expect(after.events[0]).toMatchObject({ kind: "snapshot", data: { state: "running" } });
    expect(after.events[1]?.id).toMatch(/-1$/);
    expect(after.events.at(-1)).toMatchObject({ kind: "end", data: { state: "done" } });
    const notes = (events: readonly StreamEvent[]) =>
      events.flatMap(({ data }) => (data["type"] === "note" ? [String(data["message"])] : []));
    expect(notes(after.events).join(" ")).toContain("The coordinator was started again");

    await expectExact(coordinator, id, target);
    expect((await target.now()).accepted).toBe(120);
    const watched = await command;
    expect(watched.exitCode, watched.stderr).toBe((await coordinator.info(id)).exitCode);
    expect(watched.summary?.run).toBe(id);
    expect(watched.stderr).toContain("The coordinator was started again");
  });

  it.skipIf(absent !== null)("leaves its runs as they are when it is told to end", async () => {
    await using target = await startTarget();
    const scenario = echoScenario(target.url, { connections: 80, holdSeconds: 10 });
    const id = await coordinator.submit(scenario, "?workers=2");
    await expect.poll(async () => (await target.now()).messagesIn, WAIT).toBeGreaterThan(150);
    const commands = await coordinator.post(`/runs/${id}/actions/scale`, { body: { workers: 2 } });
    expect(commands.status).toBe(202);
    expect(await coordinator.terminate(), coordinator.log).toBe(0);
    await coordinator.start();
    expect(coordinator.log).toContain(`run ${id} is taken up again in state running`);
    await expectExact(coordinator, id, target);
    expect((await target.now()).accepted).toBe(80);
  });

  it.skipIf(absent !== null)(
    "remembers runs that are over, and commands that were made",
    async () => {
      await using target = await startTarget();
      const over = await coordinator.submit(echoScenario(target.url, { connections: 10 }));
      const info = await coordinator.over(over);
      const scenario = echoScenario(target.url, { connections: 30, holdSeconds: 600 });
      const id = await coordinator.submit(scenario, "?workers=2");
      await expect.poll(async () => (await target.now()).open, WAIT).toBe(30);
      // Killed right after it said yes: the wish is on disk by then.
      expect((await coordinator.post(`/runs/${id}/actions/stop`)).status).toBe(202);
      await coordinator.kill();
      await coordinator.start();
      expect(await coordinator.info(over)).toEqual({ ...info, workers: 0 });
      const { events, ended } = await readStream(coordinator, over, { lastId: "5" });
      expect(ended).toBe(true);
      expect(events.map((event) => event.kind)).toEqual(["snapshot", "end"]);
      expect(events.at(-1)?.data).toEqual({ state: "done", exitCode: info.exitCode });
      const watched = await onrush(["watch", over, "--coordinator", coordinator.url, "--json"]);
      expect(watched.exitCode).toBe(info.exitCode);
      expect(watched.summary?.run).toBe(over);
      expect(await coordinator.over(id)).toMatchObject({ verdict: "stopped", exitCode: 103 });
      await coordinator.until("nothing is open", async () => (await target.now()).open === 0);
    },
  );

  it.skipIf(absent !== null)("keeps runs in line, in their order", async () => {
    await using target = await startTarget();
    const first = await coordinator.submit(
      echoScenario(target.url, { holdSeconds: 8 }),
      "?workers=2",
    );
    await expect.poll(async () => (await target.now()).open, WAIT).toBeGreaterThan(50);
    const second = await coordinator.submit(echoScenario(target.url), "?workers=2");
    const third = await coordinator.submit(echoScenario(target.url), "?workers=2");
    expect((await coordinator.info(second)).waiting).toBe(1);
    expect((await coordinator.info(third)).waiting).toBe(2);
    await coordinator.kill();
    await coordinator.start();
    expect((await coordinator.info(second)).waiting).toBe(1);
    expect((await coordinator.info(third)).waiting).toBe(2);
    const started = [];
    for (const id of [first, second, third]) {
      const { exitCode, startedAt, endedAt } = await coordinator.over(id);
      expect(SOUND).toContain(exitCode);
      started.push([Date.parse(startedAt ?? ""), Date.parse(endedAt ?? "")]);
    }
    const [one = [], two = [], three = []] = started;
    expect(two[0]).toBeGreaterThanOrEqual(one[1] ?? 0);
    expect(three[0]).toBeGreaterThanOrEqual(two[1] ?? 0);
    expect((await target.stats()).accepted).toBe(300);
  });

  it.skipIf(absent !== null)(
    "has a second one wait, and go on when the first is gone",
    async () => {
      await using target = await startTarget();
      const id = await coordinator.submit(
        echoScenario(target.url, { connections: 40, holdSeconds: 14 }),
        "?workers=2",
      );
      await expect.poll(async () => (await target.now()).open, WAIT).toBe(40);
      const port = await freePort();
      const starting = Coordinator.start({ bus: broker.url, data: folder.path, port });
      const ask = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);
      // Until it has reached the broker it cannot know that there is another.
      const refusal = async (path: string) => {
        const answer = await ask(path).catch(() => null);
        return answer?.status === 503 ? ((await answer.json()) as Problem).code : answer?.status;
      };
      for (const path of ["/readyz", "/api/v1/runs", "/metrics"]) {
        await expect.poll(() => refusal(path), WAIT).toBe("ONRUSH_COORDINATOR_TAKEN");
      }
      expect((await ask("/livez")).status).toBe(200);
      expect((await coordinator.get("/readyz")).status).toBe(200);
      await coordinator.kill();
      {
        await using second = await starting;
        await expectExact(second, id, target);
        expect(await second.terminate(), second.log).toBe(0);
      }
      await coordinator.start();
      expect((await coordinator.info(id)).state).toBe("done");
    },
  );
});
