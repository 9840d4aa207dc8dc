/**
 * Goal: what faults do with handshakes is what the target sees, with both drivers, with and without TLS; and an old
 * token is refused. Method: real runs against the bundled target, whose own counts are compared with the report, and against a service
 * that knows which tokens are still good.
 */
import { describe, expect, it } from "vitest";
import { startLoginServer } from "../support/login-server.ts";
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
      { phase: "steady", hold: "9s" },
    ],
    messages: {
      rate: "2/s",
      mix: [
        { name: "say", send: { binary: { size: 64 } }, reply: { match: "echo", within: "10s" } },
      ],
    },
    faults: [
      {
        ...{ at: "steady+1500ms", kind: "bad-headers", how: "wrong-version", who: EACH },
        name: "bad",
      },
      {
        ...{ at: "steady+2s", for: "1s", kind: "abandoned-handshake", each: 2, who: EACH },
        name: "abandoned",
      },
      {
        ...{ at: "steady+3500ms", for: "1s", kind: "handshake-flood", rate: "50/s", who: EACH },
        name: "flood",
      },
      { at: "steady+5s", for: "1s", kind: "duplicate-login", who: EACH, name: "twice" },
      {
        ...{ at: "steady+6300ms", for: "1500ms", kind: "slow-handshake", rate: "300/s", who: EACH },
        name: "slow",
      },
      { at: "steady+6500ms", kind: "disconnect", who: "100%", name: "cut" },
    ],
    thresholds: { connections: ["dropped == 0"], messages: ["timedOut == 0"] },
  };
}

type Outcomes = Readonly<Record<string, number>>;

/** What the target has to have counted, as the report has it. */
function check(result: Result, stats: Counted): void {
  expect(
    endedWell(result),
    `${result.exitCode} ${JSON.stringify([result.summary?.validity, result.summary?.failures])}`,
  ).toBe(true);
  const { summary } = result as Result & { summary: NonNullable<Result["summary"]> };
  expect(summary.validity.ledger).toEqual({ balanced: true, differences: {} });
  const { connections, faults } = summary;
  expect(connections.failed).toBe(0);
  expect(summary.failures.filter(({ cause }) => cause !== "injected")).toEqual([]);
  expect(summary.thresholds.filter(({ passed }) => !passed)).toEqual([]);
  const outcomes = new Map<string, Outcomes>(faults.map((one) => [one.id, one.outcomes ?? {}]));
  const count = (id: string, outcome: string) => outcomes.get(id)?.[outcome] ?? 0;
  const affected = new Map(faults.map((one) => [one.id, one.affected]));
  expect(outcomes.get("bad")).toEqual({ status426: affected.get("bad") });
  expect(stats.upgradesRefused).toEqual({ 426: affected.get("bad") });
  expect(outcomes.get("abandoned")).toEqual({ unanswered: 2 * (affected.get("abandoned") ?? 0) });
  expect(outcomes.get("twice")).toEqual({ neitherClosed: affected.get("twice") });
  expect(outcomes.get("slow")).toEqual({ accepted: affected.get("slow") });
  const slow = faults.find(({ id }) => id === "slow");
  expect(slow?.outcomeMs?.accepted?.p50).toBeGreaterThan(200);
  // Of those that were still unanswered in the end the target may have let some in.
  const [accepted, open] = [count("flood", "accepted"), count("flood", "unanswered")];
  expect(accepted).toBeGreaterThan(0);
  expect(accepted + open).toBeLessThanOrEqual(50 + EACH);
  const more = stats.accepted - connections.established - count("twice", "neitherClosed");
  expect(more).toBeGreaterThanOrEqual(accepted);
  expect(more).toBeLessThanOrEqual(accepted + open);
}

interface Counted {
  readonly accepted: number;
  readonly upgradesRefused: Readonly<Record<string, number>>;
}

describe("what faults do with handshakes", () => {
  it("is what the target sees: lean driver, ws", async () => {
    using folder = scratch();
    await using target = await startTarget();
    const result = await runScenario(scenario(target.url, "lean"), folder.path);
    check(result, (await target.stats()) as unknown as Counted);
  });

  it.each(["lean", "ws"])("is what the target sees: %s driver, wss", async (driver) => {
    using folder = scratch();
    await using target = await startTarget({}, selfSigned(folder.path));
    const result = await runScenario(scenario(target.url, driver), folder.path);
    check(result, await closedStats<Counted>(target.url));
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
          { phase: "steady", hold: "6s" },
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
          { at: "steady+2s", kind: "disconnect", who: "100%", name: "cut" },
          { at: "steady+1900ms", for: "2s", kind: "stale-token", who: EACH, name: "stale" },
        ],
      },
      folder.path,
    );
    expect(endedWell(result), `${result.exitCode} ${result.stderr}`).toBe(true);
    const { counts } = service;
    const faults = result.summary?.faults ?? [];
    const stale = faults.find(({ id }) => id === "stale");
    expect(stale?.outcomes).toMatchObject({ status401: counts.upgradesRefused });
    expect(counts.upgradesRefused).toBeGreaterThanOrEqual(EACH);
    expect(faults.map(({ affected, restored }) => [affected, restored])).toEqual([
      [20, 20],
      [EACH, EACH],
    ]);
    expect(counts.upgrades).toBe(40);
    expect(result.summary?.failures.filter(({ cause }) => cause !== "injected")).toEqual([]);
  });
});
