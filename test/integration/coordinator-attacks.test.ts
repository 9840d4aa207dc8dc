/**
 * Goal: whatever a viewer submits to be checked, the coordinator goes on: everybody else is answered, it keeps its lead, and its
 * run ends with a result. Method: a real run, other requests all the while, and one hostile submission after another.
 * How long things take depends on the machine and is printed, not judged: npm run attack shows it.
 */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type ClusterWorker,
  Coordinator,
  startWorker,
  writeTokens,
} from "../support/coordinator.ts";
import { startCrowd } from "../support/crowd.ts";
import { HOSTILE_PLANS, HOSTILE_SUBMISSIONS } from "../support/hostile-submissions.ts";
import { scratch, startTarget, type Target } from "../support/programs.ts";
import { type BrokerServer, missing, startBroker } from "../support/servers.ts";

const VIEWER = "viewer-token-0123456789";
const OPERATOR = "operator-token-0123456789";
/** Refused, or done: each of these is an answer. */
const ANSWERS = [200, 400, 413, 422];
const FULL = process.env["ONRUSH_TEST_ALL"] === "1";
const SUBMISSIONS = FULL ? [...HOSTILE_SUBMISSIONS, ...HOSTILE_PLANS] : HOSTILE_SUBMISSIONS;
const absent = missing("redis");

describe.skipIf(absent !== null)("a coordinator under hostile submissions", () => {
  const folder = scratch();
  let broker: BrokerServer;
  let target: Target;
  let coordinator: Coordinator;
  let worker: ClusterWorker;
  let run = "";
  const rows: string[] = [];

  beforeAll(async () => {
    const tokens = writeTokens(folder.path, VIEWER, OPERATOR);
    broker = await startBroker("redis");
    target = await startTarget();
    coordinator = await Coordinator.start({
      bus: broker.url,
      data: join(folder.path, "runs"),
      env: { ONRUSH_TOKENS_FILE: tokens, ONRUSH_CHECK_SECONDS: FULL ? "5" : "2" },
    });
    worker = startWorker(broker.url, "w1");
    const submitted = await coordinator.post<{ id: string }>("/runs", {
      token: OPERATOR,
      body: {
        ...{ version: 1, name: "victim", target: target.url },
        load: [
          { phase: "a", ramp: "linear", to: 20, over: "2s" },
          { phase: "b", hold: FULL ? "10m" : "60s" },
        ],
        messages: {
          rate: "1/s",
          mix: [{ name: "m", send: { text: "hi" }, reply: { match: "echo", within: "5s" } }],
        },
      },
    });
    expect(submitted.status, submitted.text).toBe(201);
    run = submitted.body.id;
  });

  afterAll(async () => {
    await worker?.leave();
    await coordinator?.kill();
    await target?.[Symbol.asyncDispose]();
    await broker?.stop();
    folder[Symbol.dispose]();
    console.log(`attack: status, seconds | others: count p50 p99 max ms\n${rows.join("\n")}`);
  });

  it.each(SUBMISSIONS)("answers everybody: $name", async ({ name, type, body }) => {
    const text = body();
    const crowd = startCrowd(coordinator);
    const began = performance.now();
    const answer = await coordinator.post("/scenarios/validate", {
      ...{ token: VIEWER, type, body: text },
    });
    const seconds = (performance.now() - began) / 1000;
    const figures = await crowd.stop();
    rows.push(
      `${name} (${Math.ceil(text.length / 1024)} KB): ${answer.status}, ${seconds.toFixed(1)} s | ${figures}`,
    );
    expect(ANSWERS, answer.text.slice(0, 500)).toContain(answer.status);
    expect(crowd.failures).toEqual([]);
  });

  it("lets nobody take all places: what others ask comes first, and too much is refused", async () => {
    const slow = HOSTILE_SUBMISSIONS.find(({ name }) => name.includes("Poisson"));
    const body = slow?.body() ?? "";
    const type = slow?.type ?? "";
    let answered = 0;
    const refused: unknown[] = [];
    const flood = Array.from({ length: 24 }, async () => {
      const answer = await coordinator.post("/scenarios/validate", { token: VIEWER, type, body });
      if (answer.status === 503) refused.push(answer.body);
      else answered++;
    });
    // Two are checked, eight wait, and the rest is sent away at once.
    await coordinator.until("one has taken all of its places", async () => refused.length === 14);
    for (const problem of refused) expect(problem).toMatchObject({ code: "ONRUSH_BUSY" });
    const small =
      "version: 1\ntarget: ws://127.0.0.1:9/\nload: [{ phase: a, ramp: burst, to: 1, hold: 1s }]\n";
    const before = answered;
    const other = await coordinator.post("/scenarios/validate", {
      ...{ token: OPERATOR, type, body: small },
    });
    expect(other.status, other.text).toBe(200);
    // Of those that waited when it came, two were being checked and one more may have been.
    expect(answered - before).toBeLessThanOrEqual(3);
    await Promise.all(flood);
  });

  it("has kept its lead and its run, which ends with a result", async () => {
    const state = await coordinator.get<{ state: string }>(`/runs/${run}`, { token: VIEWER });
    expect(["running", "draining", "merging", "done"]).toContain(state.body.state);
    await coordinator.post(`/runs/${run}/actions/stop`, { token: OPERATOR });
    let summary = "";
    await coordinator.until(
      "the run has a result",
      async () => {
        const { status, text } = await coordinator.get(`/runs/${run}/report.json`, {
          token: VIEWER,
        });
        summary = text;
        return status === 200;
      },
      60_000,
    );
    const { verdict, connections, validity } = JSON.parse(summary) as {
      verdict: string;
      connections: { established: number };
      validity: { sendLagMs: { p99: number | null; max: number | null } };
    };
    const { p99, max } = validity.sendLagMs;
    rows.push(`the run: ${verdict}, send lag p99 ${p99} ms, max ${max} ms`);
    expect(connections.established).toBeGreaterThan(0);
    expect(verdict).not.toBe("interrupted");
  });
});
