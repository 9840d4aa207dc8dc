/**
 * Goal: a fault that is asked for while a run goes on hits whom its plan says, on every worker at one time, is counted, can be ended, and
 * outlives the coordinator that took it. Method: a service of the test's own knows each connection by its number; its account is
 * compared with the arithmetic of the plan and with the report, on one worker and on four.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ListedFault } from "../../coordinator/live/fault-desk.ts";
import { buildPopulation } from "../../shared/load/arrivals.ts";
import { victimsOf } from "../../shared/load/victims.ts";
import { faultWindows } from "../../shared/scenario/fault-windows.ts";
import { parseScenario } from "../../shared/scenario/parse.ts";
import { Coordinator, flawsOf, type Problem, startWorker } from "../support/coordinator.ts";
import { markedServer, type SeenConnection } from "../support/marked-server.ts";
import { onrush, scratch } from "../support/programs.ts";
import { type BrokerKind, brokersOf, missing, startBroker } from "../support/servers.ts";

const CONNECTIONS = 200;
const OPEN_SECONDS = 2;
const WAIT = { timeout: 30_000, interval: 50 };

function scenario(target: string) {
  return {
    ...{ version: 1, name: "live", target, seed: 11 },
    connect: { reconnect: { policy: "full-jitter", min: "100ms", max: "1s", attempts: 10 } },
    load: [
      { phase: "open", ramp: "linear", to: CONNECTIONS, over: `${OPEN_SECONDS}s`, exclude: true },
      { phase: "steady", hold: "120s" },
    ],
    messages: {
      rate: "2/s",
      mix: [
        { name: "say", send: { binary: { size: 64 } }, reply: { match: "echo", within: "10s" } },
      ],
    },
    thresholds: { connections: ["dropped == 0"], messages: ["matched == 100%"] },
  };
}

/** By the arithmetic that workers use: of faults like these, in this order. */
function victimsOfEach(faults: readonly object[]): number[][] {
  const text = JSON.stringify({ ...scenario("ws://127.0.0.1:1/"), faults });
  const read = parseScenario(text, { fileName: "x", env: {}, readFile: () => Buffer.alloc(0) });
  if (!read.ok) throw new Error(read.issues.map(({ what }) => what).join("; "));
  const population = buildPopulation(read.scenario);
  return faultWindows(read.scenario).map((window) => {
    const victims = victimsOf(read.scenario, population, window);
    return [...Array(CONNECTIONS).keys()].filter((index) => victims.has(index));
  });
}

const numbers = (seen: readonly SeenConnection[]) =>
  seen.map(({ index }) => index).sort((a, b) => a - b);
const wallUs = () => Date.now() * 1000;

const SETUPS: readonly (readonly [BrokerKind, number])[] = [
  ["redis", 1],
  ...brokersOf("nats").map((kind) => [kind, 4] as const),
];

describe.each(SETUPS)(
  "a fault asked for while a run goes on, over %s, %i workers",
  (kind, count) => {
    it.skipIf(missing(kind) !== null)(
      "hits whom it is to hit, is told of, and is over when it is ended",
      async () => {
        const broker = await startBroker(kind);
        const server = await markedServer(wallUs);
        using folder = scratch();
        const coordinator = await Coordinator.start({
          bus: broker.url,
          data: join(folder.path, "d"),
        });
        const workers = Array.from({ length: count }, (_, at) =>
          startWorker(broker.url, `w-${at}`),
        );
        try {
          const id = await coordinator.submit(scenario(server.url), `?workers=${count}`);
          const url = `/runs/${id}/faults`;
          const command = (args: readonly string[]) =>
            onrush(["fault", id, "--coordinator", coordinator.url, ...args]);
          const listed = async () =>
            (await coordinator.get<{ faults: ListedFault[] }>(url)).body.faults;
          await expect.poll(() => server.seen.length, WAIT).toBe(CONNECTIONS);
          expect(await listed()).toEqual([]);

          await expectRefusals(coordinator, url);
          const cut = await command(["--kind", "disconnect", "--who", "30%", "--name", "cut"]);
          expect(cut.stdout, cut.stderr).toBe("cut\n");
          const gone = () => server.seen.filter(({ code }) => code === 1006);
          await expect.poll(() => gone().length, WAIT).toBe(60);

          await expectOnce(coordinator, url);

          // Taken by a coordinator that dies at once.
          const file = join(folder.path, "silent.yaml");
          writeFileSync(
            file,
            "{ kind: disconnect, how: silence, who: 20, for: 60s, name: silent }",
          );
          const silent = await command(["--file", file, "--json"]);
          expect(JSON.parse(silent.stdout)).toMatchObject({ id: "silent", live: true });
          await coordinator.kill();
          await coordinator.start();
          await expect.poll(() => server.seen.length, WAIT).toBe(CONNECTIONS + 60 + 20);
          expect(gone()).toHaveLength(60);
          await expect.poll(async () => (await listed())[2]?.windows[0]?.hit, WAIT).toBe(20);
          const ended = await command(["--end", "silent"]);
          expect(ended.exitCode, ended.stderr).toBe(0);
          expect(ended.stdout).toMatch(/silent +disconnect +/);
          expect((await coordinator.request("DELETE", `${url}/silent`)).status).toBe(409);
          await expect.poll(() => gone().length, WAIT).toBe(80);
          await expect.poll(() => toldOf(coordinator, id), WAIT).toHaveLength(4);
          await coordinator.post(`/runs/${id}/actions/stop`);
          await check(coordinator, id, server.seen);
        } finally {
          await Promise.all(workers.map((worker) => worker.leave()));
          await coordinator.kill();
          server.close();
          await broker.stop();
        }
      },
      240_000,
    );
  },
);

async function expectRefusals(coordinator: Coordinator, url: string): Promise<void> {
  const refused = async (body: object | string) => {
    const { status, body: said } = await coordinator.post<Problem>(url, { body });
    return [status, said.issues?.map(({ path, message }) => `${path}: ${message}`).join("; ")];
  };
  expect(await refused({ kind: "explode", who: "20%" })).toEqual([
    422,
    expect.stringContaining('kind: unknown kind of fault "explode"'),
  ]);
  expect(await refused({ kind: "stop-reading", who: "20%" })).toEqual([
    422,
    expect.stringContaining("stop-reading needs for"),
  ]);
  expect(await refused({ kind: "disconnect", who: 5000 })).toEqual([
    422,
    expect.stringContaining("who: it would hit 200 connections"),
  ]);
  expect(await refused({ kind: "disconnect", who: "1%", at: "open" })).toEqual([
    422,
    expect.stringContaining("at: that moment is over"),
  ]);
  const inside = await coordinator.post<Problem>(url, {
    ...{ body: "kind: disconnect\nwho: 20%\nfro: 10s\n", type: "application/yaml" },
  });
  expect(inside.body.issues?.[0]).toMatchObject({ line: 3, column: 1 });
  expect((await coordinator.request("DELETE", `${url}/nobody`)).status).toBe(404);
}

/** A request that is repeated is the same fault; one that is ended before it begins never does. */
async function expectOnce(coordinator: Coordinator, url: string): Promise<void> {
  const body = { kind: "disconnect", who: "50%", at: "steady+110s", name: "never" };
  const headers = { "idempotency-key": "one" };
  const ask = async (asked: object) => {
    const answer = await coordinator.post<ListedFault>(url, { body: asked, headers });
    return [answer.status, answer.body.id];
  };
  expect(await ask(body)).toEqual([201, "never"]);
  expect(await ask(body)).toEqual([201, "never"]);
  expect((await ask({ ...body, who: "10%" }))[0]).toBe(422);
  const ended = await coordinator.request<ListedFault>("DELETE", `${url}/never`);
  expect(ended.body.windows[0]?.state).toBe("cancelled");
}

async function check(
  coordinator: Coordinator,
  id: string,
  seen: readonly SeenConnection[],
): Promise<void> {
  const summary = await coordinator.result(id);
  expect(flawsOf(summary)).toEqual([]);
  expect(summary.verdict).toBe("stopped");
  const at = (ms: number) => `steady+${Math.round(ms - OPEN_SECONDS * 1000)}ms`;
  const [cut, silent] = summary.faults;
  const [first = [], , last = []] = victimsOfEach([
    { at: at(cut?.from ?? 0), kind: "disconnect", who: "30%" },
    { at: "steady+110s", kind: "disconnect", who: 1 },
    { at: at(silent?.from ?? 0), for: "60s", kind: "disconnect", how: "silence", who: 20 },
  ]);
  expect(numbers(seen.filter(({ code }) => code === 1006))).toEqual(
    [...first, ...last].sort((a, b) => a - b),
  );
  expect(
    summary.faults.map(({ id: name, planned: hits, affected, restored, gaveUp, closed }) => {
      return { name, hits, affected, restored, gaveUp, closed };
    }),
  ).toEqual([
    { name: "cut", hits: 60, affected: 60, restored: 60, gaveUp: 0, closed: 0 },
    { name: "silent", hits: 20, affected: 20, restored: 20, gaveUp: 0, closed: 0 },
  ]);
  expect((silent?.to ?? 0) - (silent?.from ?? 0)).toBeLessThan(60_000);
  expect(summary.connections.closedByCause).toEqual({ injected: 80, stop: CONNECTIONS });
  expect(summary.connections.established).toBe(seen.length);
  expect(summary.connections.dropped).toBe(0);
  expect(summary.validity.ledger).toEqual({ balanced: true, differences: {} });
  expect(summary.validity.framesMissing).toBe(0);
  expect(summary.messages.sent).toBe(seen.reduce((sum, one) => sum + one.received, 0));
  expect(summary.thresholds.filter(({ passed }) => !passed)).toEqual([]);
  expect((await toldOf(coordinator, id)).sort()).toEqual([
    ...["fault-began cut", "fault-began silent", "fault-ended cut", "fault-ended silent"],
  ]);
}

/** What the journal says of faults that began and ended. */
async function toldOf(coordinator: Coordinator, id: string): Promise<string[]> {
  const { body } = await coordinator.get<{ events: { type: string; id?: string }[] }>(
    `/runs/${id}/events`,
  );
  return body.events.flatMap(({ type, id: name }) =>
    type === "fault-began" || type === "fault-ended" ? [`${type} ${name}`] : [],
  );
}
