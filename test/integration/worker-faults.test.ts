/**
 * Goal: faults that workers do to themselves do what they say, and the report says what they did: nothing is counted twice, nothing is
 * missed that is not declared, and what was on purpose is called so. Method: rooms in which everybody speaks, with the bundled
 * target as the oracle: on one node, and over Redis and NATS with a short lease.
 */
import { describe, expect, it } from "vitest";
import type { Summary } from "../../coordinator/report/summary-schema.ts";
import { wrongNumbers } from "../chaos/judge.ts";
import { type Result, runScenario, scratch, startTarget } from "../support/programs.ts";
import { brokersOf, missing, startBroker } from "../support/servers.ts";
import { startClusterWorker } from "../support/workers.ts";

const HOUR_MS = 3_600_000;

/** Of rooms in which everybody hears everybody, unless a worker is lost: what was on its way to it is bounded for replies alone. */
function scenario(target: string, faults: readonly object[], { hold, loses }: Wanted) {
  const json = { type: "say", id: "{{uuid}}", room: "room-{{conn.index % 4}}", text: "hello" };
  const reply = { where: "m.type == 'ack' && m.id == sent.id", within: "8s" };
  const say = { name: "say", send: { json }, reply };
  const echo = { name: "say", send: { text: "hello" }, reply: { match: "echo", within: "8s" } };
  return {
    ...{ version: 1, name: "worker faults", target, seed: 11, faults },
    load: [
      { phase: "join", ramp: "burst", to: 40, hold: "1s" },
      { phase: "talk", hold },
    ],
    messages: { rate: "1/s", mix: [loses ? echo : say] },
    ...(!loses && {
      flow: [
        { send: { json: { ...json, type: "join" } } },
        { expect: { name: "joined", where: "m.type == 'joined'", within: "5s" } },
      ],
      listen: [{ name: "said", where: "m.type == 'said'", sentAt: "m.ts", scope: "m.room" }],
    }),
  };
}

interface Wanted {
  readonly hold: string;
  readonly loses: boolean;
}

interface Played {
  readonly summary: Summary;
  readonly result: Result;
  /** Differences from what the target counted that the summary does not declare. */
  readonly wrong: readonly string[];
}

async function play(
  faults: readonly object[],
  { hold = "10s", args, loses }: { hold?: string; args: readonly string[]; loses: boolean },
): Promise<Played> {
  await using target = await startTarget();
  using folder = scratch();
  const result = await runScenario(scenario(target.url, faults, { hold, loses }), folder.path, {
    args,
  });
  const { summary } = result;
  if (summary === null) throw new Error(result.stderr);
  return { summary, result, wrong: wrongNumbers(summary, await target.stats(), { loses }) };
}

const done = ({ outside }: Summary) => outside.map(({ id, ok, outcome }) => [id, ok, outcome]);

describe.concurrent("faults of workers, on one node", () => {
  it("stand still, lose the bus and read another time, and every count is the target's", async () => {
    const faults = [
      { at: "talk+1s", for: "1500ms", kind: "pause-worker", who: 1, name: "still" },
      { at: "talk+5s", for: "2s", kind: "isolate-worker", who: { worker: "worker-2" } },
      { at: "talk+8s", for: "1s", kind: "skew-clock", who: "100%", offset: "1h", name: "clock" },
    ];
    const { summary, wrong } = await play(faults, { args: ["--workers", "2"], loses: false });
    expect(wrong).toEqual([]);
    expect(done(summary)).toEqual([
      ["still", true, expect.stringMatching(/^paused worker-[12] for 1s500ms$/)],
      ["isolate-worker@talk+5s", true, "cut worker-2 off from the bus for 2s"],
      ["clock", true, expect.stringContaining(`by ${HOUR_MS} ms`)],
    ]);
    // The pause is left out, and no other second is.
    expect(summary.validity.disturbedSeconds).toBeGreaterThanOrEqual(3);
    expect(summary.validity.disturbedSeconds).toBeLessThanOrEqual(5);
    expect(summary.validity.ledger).toEqual({ balanced: true, differences: {} });
    // Replies are timed by a clock that nobody sets; what was pushed is not.
    expect(summary.messages.latencyMs?.max).toBeLessThan(8000);
    const { say } = summary.messages.byName;
    expect(say?.matched).toBe(say?.sent);
    expect(summary.push["said"]).toMatchObject({ latencyMs: null });
    expect(JSON.stringify(summary.push["said"])).toContain("the fault clock has set the clocks");
  });

  it("are killed, others take over, and the report says that it was on purpose", async () => {
    const faults = [{ at: "talk+2s", kind: "kill-worker", who: { worker: "worker-1" } }];
    const { summary, wrong, result } = await play(faults, {
      ...{ args: ["--workers", "2"], loses: true },
    });
    expect(wrong).toEqual([]);
    expect(done(summary)).toEqual([["kill-worker@talk+2s", true, "killed worker-1"]]);
    const fault = "kill-worker@talk+2s";
    expect(summary.lostWorkers).toMatchObject([{ id: "worker-1", fault, recovery: "recovered" }]);
    const notes = summary.judgements?.filter(({ id }) => id === "note/replaced-workers");
    expect(JSON.stringify(notes)).toContain(`on purpose, by the fault ${fault}`);
    expect(result.stderr).toContain(fault);
  });

  it("are refused when nobody would be left", async () => {
    const faults = [{ at: "talk+2s", kind: "kill-worker", who: 1 }];
    const { result, summary } = await play(faults, { args: ["--workers", "1"], loses: false });
    expect(result.exitCode).toBe(98);
    expect(result.stderr).toContain("--workers 2");
    expect(summary.connections.attempted).toBe(0);
  });
});

for (const kind of brokersOf("nats")) {
  describe.skipIf(missing(kind) !== null)(`faults of workers, over ${kind}`, () => {
    it("are done by workers that allow it, and by no others", async () => {
      const broker = await startBroker(kind);
      const env = { ONRUSH_WORKER_FENCE_AFTER_MS: "3000" };
      const bus = ["--bus", broker.url, "--workers", "2"];
      const faults = [
        { at: "talk+1s", for: "7s", kind: "isolate-worker", who: 1, name: "away" },
        { at: "talk+3s", for: "200ms", kind: "pause-worker", who: 1, name: "short" },
      ];
      try {
        await using _strict = startClusterWorker(broker.url, "strict", env);
        {
          await using _other = startClusterWorker(broker.url, "other", env);
          const { result } = await play(faults, { args: bus, loses: false });
          expect(result.exitCode).toBe(98);
          expect(result.stderr).toContain("ONRUSH_WORKER_FAULTS_FORBIDDEN");
          expect(result.stderr).toContain("--allow-worker-faults");
        }
        const allowing = { ...env, ONRUSH_WORKER_ALLOW_FAULTS: "1" };
        await using _willing = startClusterWorker(broker.url, "willing", allowing);
        const { summary, wrong } = await play(faults, { hold: "30s", args: bus, loses: true });
        expect(wrong).toEqual([]);
        const [away] = done(summary);
        expect(away).toEqual(["away", true, "cut willing off from the bus for 7s"]);
        expect(summary.lostWorkers).toMatchObject([
          { id: "willing", fault: "away", recovery: "recovered" },
        ]);
        expect(summary.validity.ledger).toEqual({ balanced: true, differences: {} });
      } finally {
        await broker.stop();
      }
    }, 240_000);
  });
}
