/**
 * Goal: a run that is submitted with a probe run ends when that is over, with the cause it told; one probe run at most, whatever becomes of
 * the coordinator, and none against the will of whoever stops the run. Method: a coordinator, two workers and a broker; a target that has
 * a limit of connections, which one run alone cannot tell from one on new connections per second.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runPath } from "../../coordinator/store/run-directory.ts";
import {
  type ClusterWorker,
  type Coordinator,
  echoScenario,
  type Info,
} from "../support/coordinator.ts";
import { firstCause, probedIn } from "../support/probed.ts";
import { onrush, scratch, startTarget } from "../support/programs.ts";
import { type BrokerServer, brokersOf, missing } from "../support/servers.ts";
import { endTwoWorkers, startTwoWorkers } from "../support/two-workers.ts";

const WAIT = { timeout: 60_000, interval: 50 };
const CAPPED = { cap: { connections: 40, status: 429 } };

interface Probed extends Info {
  readonly probe: {
    readonly kind: string | null;
    run: string | null;
    outcome: string | null;
  } | null;
}

/** All connections at once. */
const burst = (target: string, hold = "6s") => ({
  ...{ version: 1, name: "burst", target, seed: 7 },
  load: [{ phase: "burst", ramp: "burst", to: 120, hold }],
  messages: {
    rate: "1/s",
    mix: [{ name: "say", send: { binary: { size: 32 } }, reply: { match: "echo", within: "10s" } }],
  },
});

describe.each(brokersOf("redis"))("submit --auto-probe on %s", (kind) => {
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

  const infoOf = async (id: string) => (await coordinator.get<Probed>(`/runs/${id}`)).body;

  /** Waits until the probe run of a run has connections open. */
  async function probeRunOf(id: string): Promise<string> {
    await expect.poll(async () => (await infoOf(id)).probe?.run ?? null, WAIT).not.toBeNull();
    const run = String((await infoOf(id)).probe?.run);
    await expect.poll(async () => (await infoOf(run)).state, WAIT).toBe("running");
    return run;
  }

  /** The run is over, with the cause that its one probe run named. */
  async function expectTold(id: string, run: string): Promise<void> {
    const summary = await coordinator.result(id);
    const [told, ...more] = await probedIn(join(folder.path, id));
    expect(told).toMatchObject({ probe: "slower-ramp", run, named: "connection-cap" });
    expect(more).toEqual([]);
    expect(readdirSync(folder.path).filter((name) => name.startsWith(`${id}-`))).toEqual([run]);
    const first = firstCause(summary);
    expect(first?.id).toBe("connection-cap");
    expect(first?.evidence.join()).toContain(`(probe run ${run})`);
    const written = JSON.parse(readFileSync(runPath.summary(join(folder.path, id)), "utf8"));
    expect(written).toEqual(summary);
    const { probe, exitCode } = await infoOf(id);
    expect(probe).toEqual({
      kind: "slower-ramp",
      run,
      outcome: told?.type === "probed" && told.seen,
    });
    expect(exitCode).toBe(summary.exitCode);
    // A run as any other, whose ledger balances.
    const { validity, connections } = await coordinator.result(run);
    expect(validity.ledger.balanced).toBe(true);
    expect(validity.framesMissing).toBe(0);
    expect(connections.peak).toBeLessThanOrEqual(summary.connections.planned);
  }

  it.skipIf(absent !== null)(
    "ends with the cause that the probe run names, and shows both",
    async () => {
      await using target = await startTarget(CAPPED);
      using files = scratch();
      const file = join(files.path, "burst.json");
      writeFileSync(file, JSON.stringify(burst(target.url)));
      const args = ["--coordinator", coordinator.url];
      const submitted = onrush(["submit", file, "--auto-probe", "--watch", "--json", ...args]);
      await expect
        .poll(async () => (await coordinator.get<{ runs: Probed[] }>("/runs")).body.runs, WAIT)
        .toHaveLength(1);
      const [{ id }] = (await coordinator.get<{ runs: [Probed] }>("/runs")).body.runs;
      const run = await probeRunOf(id);
      expect(run).toBe(`${id}-slower-ramp`);
      // The first run is not over before the probe run is.
      expect(await infoOf(id)).toMatchObject({ state: "merging", exitCode: null, endedAt: null });
      expect((await onrush(["runs", ...args])).stdout).toMatch(
        new RegExp(`${run} +running.*\\n${id} +merging \\(probe run\\)`),
      );
      expect((await coordinator.request("DELETE", `/runs/${id}`)).status).toBe(409);
      const { summary, exitCode, stderr } = await submitted;
      await expectTold(id, run);
      expect(summary).toEqual(await coordinator.result(id));
      expect(exitCode).toBe(summary?.exitCode);
      expect(stderr).toContain(`probe run ${run}, with `);
      expect(stderr).toContain(`probe run ${run}: `);
    },
  );

  it.skipIf(absent !== null)(
    "goes on with its probe run after kill -9, and makes no second one",
    async () => {
      await using target = await startTarget(CAPPED);
      const id = await coordinator.submit(burst(target.url), "?autoProbe=1");
      const run = await probeRunOf(id);
      await coordinator.kill();
      await coordinator.start();
      expect(await infoOf(id)).toMatchObject({ state: "merging", exitCode: null });
      await expectTold(id, run);
      const before = readFileSync(runPath.summary(join(folder.path, id)), "utf8");
      // Once it is over, it is: nothing more is done for it.
      await coordinator.kill();
      await coordinator.start();
      await expectTold(id, run);
      expect(readFileSync(runPath.summary(join(folder.path, id)), "utf8")).toBe(before);
    },
  );

  it.skipIf(absent !== null)("a stop of the run ends its probe run, and says so", async () => {
    await using target = await startTarget(CAPPED);
    const id = await coordinator.submit(burst(target.url), "?autoProbe=1");
    const run = await probeRunOf(id);
    expect((await coordinator.post(`/runs/${id}/actions/stop`)).status).toBe(202);
    expect(await coordinator.over(run)).toMatchObject({ verdict: "stopped", exitCode: 103 });
    const { verdict } = await coordinator.over(id);
    // The run itself had come to its end.
    expect(verdict).not.toBe("stopped");
    const { probe } = await infoOf(id);
    expect(probe?.outcome).toBe("the probe run did not come to its end, and says nothing");
    expect(await probedIn(join(folder.path, id))).toEqual([]);
  });

  it.skipIf(absent !== null)("makes none where there is nothing to tell, and says so", async () => {
    await using target = await startTarget();
    const headers = { "idempotency-key": `none at ${target.url}` };
    const call = { body: echoScenario(target.url, { connections: 10 }), headers };
    const { body } = await coordinator.post<{ id: string }>("/runs?autoProbe=1", call);
    await coordinator.over(body.id);
    const { probe } = await infoOf(body.id);
    expect(probe).toMatchObject({ kind: null, run: null });
    expect(probe?.outcome).toContain("no probe run: ");
    expect(readdirSync(folder.path).filter((name) => name.startsWith(`${body.id}-`))).toEqual([]);
    // Whether there is to be one is a part of the request.
    const again = await coordinator.post("/runs?autoProbe=1", call);
    expect(again.body).toMatchObject({ id: body.id });
    expect((await coordinator.post("/runs", call)).status).toBe(422);
  });

  it.skipIf(absent !== null)("of a run that was stopped there is none", async () => {
    await using target = await startTarget(CAPPED);
    const id = await coordinator.submit(burst(target.url, "60s"), "?autoProbe=1");
    await expect.poll(async () => (await target.now()).open, WAIT).toBeGreaterThan(10);
    expect((await coordinator.post(`/runs/${id}/actions/stop`)).status).toBe(202);
    expect(await coordinator.over(id)).toMatchObject({ verdict: "stopped", exitCode: 103 });
    expect((await infoOf(id)).probe?.outcome).toBe("no probe run: the run did not come to its end");
  });
});
