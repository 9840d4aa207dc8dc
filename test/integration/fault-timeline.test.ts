/**
 * Goal: what the report says of the time after a fault is what the service did, and what is done by name, together, and on the target's side
 * is done once and told. Method: the bundled target with a pool that comes back by itself, and with one that does not until less is asked of
 * it; its resources page; a combination that is asked for while a run goes on.
 */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ListedFault } from "../../coordinator/live/fault-desk.ts";
import { Coordinator, startWorker } from "../support/coordinator.ts";
import {
  endedWell,
  onrush,
  type Result,
  runScenario,
  scratch,
  startTarget,
} from "../support/programs.ts";
import { missing, startBroker } from "../support/servers.ts";

const CONNECTIONS = 20;
const WAIT = { timeout: 30_000, interval: 50 };

/** 50 messages a second, and 250 while the fault lasts; the pool serves 100. */
function burdened(target: string, load: readonly object[]) {
  return {
    ...{ target, seed: 5 },
    load: [{ phase: "open", ramp: "burst", to: CONNECTIONS, hold: "1s", exclude: true }, ...load],
    messages: {
      rate: "2.5/s",
      mix: [
        { name: "say", send: { binary: { size: 64 } }, reply: { match: "echo", within: "900ms" } },
      ],
    },
    faults: [
      { at: "steady+8s", for: "3s", kind: "flood", who: "100%", rate: "10/s", name: "rush" },
    ],
  };
}

const POOL = { size: 1, serviceMs: 10, shedMs: 2000 };

function summaryOf(result: Result) {
  expect(result.summary, result.stderr).not.toBeNull();
  return result.summary as NonNullable<Result["summary"]>;
}

describe.concurrent("after a fault", () => {
  it("a service that works off what it left is told to have come back by itself", {
    timeout: 120_000,
    retry: 1,
  }, async () => {
    await using target = await startTarget({ reply: { pool: POOL } });
    using folder = scratch();
    const load = [{ phase: "steady", hold: "26s" }];
    const result = await runScenario(burdened(target.url, load), folder.path);
    const { faults, findings, judgements = [] } = summaryOf(result);
    expect(faults[0]?.goodput).toMatchObject({ back: "yes" });
    expect(faults[0]?.goodput.backMs).toBeLessThan(12_000);
    const { share, byName } = faults[0]?.goodput.during ?? {};
    expect(share).toBeLessThan(0.7);
    expect(byName).toEqual({ say: share });
    expect(findings.map(({ locus }) => locus)).not.toContain("server");
    const told = judgements.find(({ id }) => id === "finding/stays-down/0");
    expect(told).toMatchObject({ outcome: "pass" });
  });

  // A stored run of the same is judged by test/unit/report/stored-summaries.test.ts each time; this one takes over a minute.
  it.runIf(process.env["ONRUSH_TEST_ALL"] === "1")(
    "a service that stays down is told to, and at which load it came back",
    {
      timeout: 180_000,
      retry: 1,
    },
    async () => {
      const congested = { aboveMs: 300, serviceMs: 40 };
      await using target = await startTarget({ reply: { pool: { ...POOL, congested } } });
      using folder = scratch();
      const load = [
        { phase: "steady", hold: "44s" },
        { phase: "less", ramp: "linear", to: 4, over: "2s" },
        { phase: "few", hold: "16s" },
      ];
      const result = await runScenario(burdened(target.url, load), folder.path);
      const { faults, findings } = summaryOf(result);
      const { back, backMs, returned } = faults[0]?.goodput ?? {};
      expect({ back, backMs }).toEqual({ back: "no", backMs: null });
      expect(Math.abs((returned?.load ?? 0) - 4 / CONNECTIONS)).toBeLessThan(0.05);
      const sentence = "The service did not come back by itself after fault rush.";
      const found = findings.find(({ cause }) => cause === sentence);
      expect(found?.evidence.join(" ")).toMatch(/It came back .* at 20 % of the load before/);
    },
  );
});

describe.concurrent("resources of the target's side", () => {
  it("are taken and given back at their times, and what was refused is told", {
    timeout: 120_000,
  }, async () => {
    await using target = await startTarget();
    using folder = scratch();
    const page = `${target.url.replace("ws:", "http:").replace(/\/$/, "")}/resources`;
    const done = await runScenario(
      {
        ...{ target: target.url, seed: 5 },
        load: [{ phase: "steady", ramp: "burst", to: 5, hold: "6s" }],
        messages: { rate: "1/s", mix: [{ name: "say", send: { text: "hi" } }] },
        faults: [
          { at: "steady+1s", for: "2s", kind: "resources", url: page, cpu: "20%", memory: "8mb" },
          { at: "steady+1s", for: "2s", kind: "resources", url: `${page}/none`, pause: true },
        ],
      },
      folder.path,
    );
    expect(endedWell(done), done.stderr).toBe(true);
    const [taken, refused] = summaryOf(done).outside;
    expect(taken).toMatchObject({ kind: "resources", ok: true });
    expect(taken?.outcome).toMatch(/^HTTP 200/);
    expect(taken?.tookMs).toBeGreaterThanOrEqual(2000);
    expect(refused).toMatchObject({ ok: false });
    expect((await target.stats()).behaviours["strained"]).toBe(1);
  });
});

describe("a combination that is asked for by its name", () => {
  it.skipIf(missing("redis") !== null)(
    "acts as one fault, and is told of as one",
    { timeout: 180_000 },
    async () => {
      const broker = await startBroker("redis");
      await using target = await startTarget();
      using folder = scratch();
      const data = join(folder.path, "d");
      const coordinator = await Coordinator.start({ bus: broker.url, data });
      const worker = startWorker(broker.url, "w-1");
      try {
        const parts = [
          { kind: "latency", delay: { from: "0ms", to: "100ms" } },
          { kind: "bandwidth", rate: "16kb/s" },
        ];
        const bad = { kind: "combination", for: "3s", who: "50%", parts };
        const id = await coordinator.submit({
          ...{ version: 1, name: "live", target: target.url, seed: 5 },
          load: [{ phase: "steady", ramp: "burst", to: CONNECTIONS, hold: "60s" }],
          messages: { rate: "2/s", mix: [{ name: "say", send: { text: "hi" } }] },
          faults: [{ at: "on-request", name: "bad-mobile", ...bad }],
        });
        const fault = (...args: string[]) =>
          onrush(["fault", id, "--coordinator", coordinator.url, ...args]);
        const listed = async () =>
          (await coordinator.get<{ faults: ListedFault[] }>(`/runs/${id}/faults`)).body.faults;
        await expect.poll(async () => (await target.now()).open, WAIT).toBe(CONNECTIONS);
        const wrong = await fault("bad-mobil");
        expect(wrong.stderr).toMatch(/did you mean bad-mobile/);
        const begun = await fault("bad-mobile", "--name", "now", "--json");
        expect(JSON.parse(begun.stdout), begun.stderr).toMatchObject({ id: "now", live: true });
        await expect
          .poll(
            async () => (await listed()).find((one) => one.id === "now")?.windows[0]?.state,
            WAIT,
          )
          .toBe("over");
        await coordinator.post(`/runs/${id}/actions/stop`);
        const { faults } = await coordinator.result(id);
        expect(
          faults.map(({ id: name, kind, affected, restored }) => {
            return { name, kind, affected, restored };
          }),
        ).toEqual([{ name: "now", kind: "combination", affected: 10, restored: 10 }]);
      } finally {
        await worker.leave();
        await coordinator.kill();
        await broker.stop();
      }
    },
  );
});
