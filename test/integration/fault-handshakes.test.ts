/**
 * Goal: what faults do with handshakes is what the target sees, with both drivers, with and without TLS; the same victims on one
 * worker and on four; and an old token is refused. Method: real runs against the bundled target, whose own counts are compared with
 * the report, a server of the ws package, which tells connections apart, and a service that knows which tokens are still good.
 */
import { describe, expect, it } from "vitest";
import { monotonicUs } from "../../shared/time/clock.ts";
import { startLoginServer } from "../support/login-server.ts";
import { markedServer } from "../support/marked-server.ts";
import { endedWell, type Result, runScenario, scratch, startTarget } from "../support/programs.ts";
import { closedStats, selfSigned } from "../support/secure-target.ts";

const CONNECTIONS = 40;
const EACH = 4;

function scenario(target: string, driver: string) {
  return {
    ...{ target, seed: 11 },
    connect: {
      ...{ driver, timeout: "5s", tls: { verify: false } },
      reconnect: { policy: "fixed", min: "100ms", attempts: 20 },
    },
    load: [
      { phase: "open", ramp: "linear", to: CONNECTIONS, over: "1s", exclude: true },
      { phase: "steady", hold: "7s" },
    ],
    messages: {
      rate: "2/s",
      mix: [
        { name: "say", send: { binary: { size: 64 } }, reply: { match: "echo", within: "10s" } },
      ],
    },
    faults: [
      {
        ...{ at: "steady+500ms", kind: "bad-headers", how: "wrong-version", who: EACH },
        name: "bad",
      },
      {
        ...{ at: "steady+1s", for: "1s", kind: "abandoned-handshake", each: 2, who: EACH },
        name: "abandoned",
      },
      {
        ...{ at: "steady+2500ms", for: "1s", kind: "handshake-flood", rate: "50/s", who: EACH },
        name: "flood",
      },
      { at: "steady+4s", for: "1s", kind: "duplicate-login", who: EACH, name: "twice" },
      {
        ...{ at: "steady+5300ms", for: "1500ms", kind: "slow-handshake", rate: "300/s", who: EACH },
        name: "slow",
      },
      { at: "steady+5500ms", kind: "disconnect", who: "100%", name: "cut" },
    ],
    thresholds: { connections: ["dropped == 0"], messages: ["timedOut == 0"] },
  };
}

/** By name: what was counted of each fault. @returns handshakes of the flood */
function check(result: Result): number {
  expect(
    endedWell(result),
    `${result.exitCode} ${JSON.stringify([result.summary?.validity, result.summary?.failures])}`,
  ).toBe(true);
  const { summary } = result as Result & { summary: NonNullable<Result["summary"]> };
  expect(summary.validity.ledger).toEqual({ balanced: true, differences: {} });
  for (const { id, affected, restored } of summary.faults) {
    const all = id === "cut" ? CONNECTIONS : EACH;
    expect([id, affected, restored]).toEqual([id, all, all]);
  }
  const outcomes = Object.fromEntries(summary.faults.map((one) => [one.id, one.outcomes]));
  expect(outcomes).toMatchObject({
    ...{ abandoned: { unanswered: 2 * EACH }, twice: { neitherClosed: EACH } },
    slow: { accepted: EACH },
  });
  expect(Object.keys(outcomes["bad"] ?? {})).toEqual(["status400"]);
  const flood = outcomes["flood"]?.accepted ?? 0;
  expect(Math.abs(flood - 50)).toBeLessThanOrEqual(EACH);
  const slow = summary.faults.find(({ id }) => id === "slow")?.outcomeMs?.accepted;
  expect(slow?.p50).toBeGreaterThan(200);
  expect(summary.connections).toMatchObject({
    ...{ attempted: 2 * CONNECTIONS, established: 2 * CONNECTIONS, failed: 0 },
    closedByCause: { injected: CONNECTIONS, plan: CONNECTIONS },
  });
  expect(summary.failures.filter(({ cause }) => cause !== "injected")).toEqual([]);
  expect(summary.thresholds.filter(({ passed }) => !passed)).toEqual([]);
  return flood;
}

interface Counted {
  readonly accepted: number;
  readonly upgradesRefused: Readonly<Record<string, number>>;
}

describe.concurrent("what faults do with handshakes", () => {
  it("is what the target sees: lean driver, ws", async () => {
    using folder = scratch();
    await using target = await startTarget();
    const flood = check(await runScenario(scenario(target.url, "lean"), folder.path));
    const stats = (await target.stats()) as unknown as Counted;
    expect(stats.accepted).toBe(2 * CONNECTIONS + flood + EACH);
    expect(stats.upgradesRefused).toEqual({ 400: EACH });
  });

  it.each(["lean", "ws"])("is what the target sees: %s driver, wss", async (driver) => {
    using folder = scratch();
    await using target = await startTarget({}, selfSigned(folder.path));
    const flood = check(await runScenario(scenario(target.url, driver), folder.path));
    const stats = await closedStats<Counted>(target.url);
    expect(stats.accepted).toBe(2 * CONNECTIONS + flood + EACH);
    expect(stats.upgradesRefused).toEqual({ 400: EACH });
  });

  it("hits the same victims on one worker and on four", async () => {
    const hit = async (workers: number) => {
      using folder = scratch();
      const server = await markedServer(monotonicUs);
      try {
        const { faults, ...rest } = scenario(server.url, "lean");
        const both = faults.filter(({ name }) => name === "bad" || name === "twice");
        const whole = {
          ...{ ...rest, faults: both },
          load: [
            { phase: "open", ramp: "linear", to: CONNECTIONS, over: "1s" },
            { phase: "steady", hold: "6s" },
          ],
        };
        const result = await runScenario(whole, folder.path, {
          args: ["--workers", String(workers)],
        });
        expect(endedWell(result), result.stderr).toBe(true);
        expect(server.requests).toHaveLength(CONNECTIONS + 2 * EACH);
        const extras = server.requests.slice(CONNECTIONS).map(({ index }) => index);
        const sorted = (part: typeof extras) => part.map(Number).sort((a, b) => a - b);
        return [sorted(extras.slice(0, EACH)), sorted(extras.slice(EACH))];
      } finally {
        server.close();
      }
    };
    const [one, four] = await Promise.all([hit(1), hit(4)]);
    expect(four).toEqual(one);
    expect(new Set(one?.[0]).size).toBe(EACH);
  });

  it("a token from before the fault is refused, and a new one gets in when it is over", async () => {
    using folder = scratch();
    await using service = await startLoginServer({ revokes: true });
    const result = await runScenario(
      {
        target: `ws://${service.at}/`,
        connect: {
          headers: { authorization: "Bearer {{conn.token}}" },
          reconnect: { policy: "fixed", min: "200ms", attempts: 30 },
        },
        load: [
          { phase: "open", ramp: "linear", to: 20, over: "1s" },
          { phase: "steady", hold: "5s" },
        ],
        flow: {
          before: [
            {
              http: {
                post: `http://${service.at}/login`,
                json: { user: "u{{conn.index}}" },
                capture: { token: "body.token" },
              },
            },
          ],
        },
        faults: [
          { at: "steady+1s", kind: "disconnect", who: "100%", name: "cut" },
          { at: "steady+500ms", for: "2s", kind: "stale-token", who: EACH, name: "stale" },
        ],
      },
      folder.path,
    );
    expect(endedWell(result), `${result.exitCode} ${result.stderr}`).toBe(true);
    const { counts } = service;
    const faults = result.summary?.faults ?? [];
    const stale = faults.find(({ id }) => id === "stale");
    expect(stale?.outcomes).toEqual({ status401: counts.upgradesRefused });
    expect(counts.upgradesRefused).toBeGreaterThanOrEqual(2 * EACH);
    expect(faults.map(({ affected, restored }) => [affected, restored])).toEqual([
      [20, 20],
      [EACH, EACH],
    ]);
    expect(counts.upgrades).toBe(40);
    expect(result.summary?.failures.filter(({ cause }) => cause !== "injected")).toEqual([]);
  });
});
