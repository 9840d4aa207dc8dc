/**
 * Goal: faults of handshakes, and of the generator itself, do in the middle of a run, when somebody asks for them, what they do by plan;
 * whoever started a worker says whether it takes part. Method: one run of a coordinator with two workers, of which one allows
 * it; a service of the test's own sees every transport, and its account is compared with the report.
 */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ListedFault } from "../../coordinator/live/fault-desk.ts";
import type { Summary } from "../../coordinator/report/summary-schema.ts";
import { Coordinator, flawsOf, type Problem } from "../support/coordinator.ts";
import { type MarkedServer, markedServer } from "../support/marked-server.ts";
import { onrush, scratch } from "../support/programs.ts";
import { missing, startBroker } from "../support/servers.ts";
import { startClusterWorker } from "../support/workers.ts";

const CONNECTIONS = 40;
const EACH = 4;
const FLOOD = 50;
/** No connection has this number. */
const STALE = 777;
const WAIT = { timeout: 60_000, interval: 50 };

const scenario = (target: string) => ({
  ...{ version: 1, name: "live kinds", target, seed: 11 },
  connect: {
    timeout: "10s",
    reconnect: { policy: "fixed", min: "100ms", attempts: 30 },
  },
  load: [
    { phase: "open", ramp: "linear", to: CONNECTIONS, over: "2s", exclude: true },
    { phase: "steady", hold: "170s" },
  ],
  messages: {
    rate: "2/s",
    mix: [{ name: "say", send: { binary: { size: 64 } }, reply: { match: "echo", within: "8s" } }],
  },
  thresholds: { connections: ["dropped == 0"] },
});

/** Asks for faults and waits for them, as clients of one run do. */
class Asking {
  readonly #coordinator: Coordinator;
  readonly #url: string;

  constructor(coordinator: Coordinator, run: string) {
    this.#coordinator = coordinator;
    this.#url = `/runs/${run}/faults`;
  }

  async ask(...faults: readonly object[]): Promise<void> {
    for (const body of faults) {
      const { status, text } = await this.#coordinator.post(this.#url, { body });
      expect(status, text).toBe(201);
    }
  }

  async refused(body: object): Promise<string> {
    const answer = await this.#coordinator.post<Problem>(this.#url, { body });
    expect(answer.status).toBe(422);
    return JSON.stringify(answer.body.issues);
  }

  /** Waits until these have hit all they are to hit, and are over. */
  async over(hits: Readonly<Record<string, number | null>>): Promise<void> {
    const state = async () => {
      const { body } = await this.#coordinator.get<{ faults: ListedFault[] }>(this.#url);
      const known = body.faults.filter(({ id }) => Object.hasOwn(hits, id));
      return Object.fromEntries(
        known.map(({ id, windows: [window] }) => [id, [window?.state, window?.hit]]),
      );
    };
    const wanted = Object.entries(hits).map(([id, hit]) => [id, ["over", hit]]);
    await expect.poll(state, WAIT).toEqual(Object.fromEntries(wanted));
  }
}

/** What the service has seen of handshakes. */
interface Account {
  readonly refused: number;
  readonly halfSent: number;
  readonly stale: number;
  readonly accepted: number;
}

/** Who is cut comes back while the fault acts: its attempts are hit. */
async function playHandshakes(asking: Asking, server: MarkedServer): Promise<Account> {
  const { seen, requests } = server;
  // Each worker has looked whether it gets there.
  const before = requests.length;
  await asking.ask(
    { kind: "bad-headers", how: "wrong-version", who: EACH, name: "bad" },
    { kind: "abandoned-handshake", each: 2, for: "2s", who: EACH, name: "abandoned" },
  );
  await asking.over({ bad: EACH, abandoned: EACH });
  // Before there are others that may end without an answer.
  const beside = requests.slice(before);
  const halfSent = beside.filter(({ index }) => index === null).length;
  const refused = beside.length - halfSent;
  await asking.ask({
    ...{ kind: "handshake-flood", rate: `${FLOOD}/s`, for: "1s", who: EACH, name: "flood" },
  });
  await asking.over({ flood: EACH });
  await asking.ask(
    { kind: "slow-handshake", rate: "200/s", for: "6s", who: EACH, name: "slow" },
    { kind: "disconnect", who: "100%", name: "first" },
  );
  await asking.over({ slow: EACH, first: CONNECTIONS });
  await asking.ask(
    { kind: "stale-token", value: String(STALE), query: "i", for: "6s", who: EACH, name: "stale" },
    { kind: "disconnect", who: "100%", name: "second" },
  );
  await asking.over({ stale: EACH, second: CONNECTIONS });
  const open = () => seen.filter(({ closedUs }) => closedUs === null).length;
  await expect.poll(open, WAIT).toBe(CONNECTIONS);
  const stale = seen.filter(({ index }) => index === STALE).length;
  return { refused, halfSent, stale, accepted: seen.length };
}

function checkHandshakes(summary: Summary, account: Account): void {
  const of = (name: string) => summary.faults.find(({ id }) => id === name);
  const outcomes = (name: string) => of(name)?.outcomes;
  expect(outcomes("bad")).toEqual({ status400: EACH });
  expect(account.refused).toBe(EACH);
  expect(outcomes("abandoned")).toEqual({ unanswered: 2 * EACH });
  expect(account.halfSent).toBe(2 * EACH);
  expect(outcomes("slow")).toEqual({ accepted: EACH });
  // A hundred bytes or more.
  expect(of("slow")?.outcomeMs?.accepted?.p50).toBeGreaterThan(250);
  expect(outcomes("stale")).toEqual({ accepted: EACH });
  expect(account.stale).toBe(EACH);
  // Beside the plan: everybody once, and back twice. Of those without an answer in the end some may have been let in.
  const { accepted = 0, unanswered = 0 } = outcomes("flood") ?? {};
  const beside = account.accepted - 3 * CONNECTIONS;
  expect(accepted).toBeGreaterThan(0);
  expect(beside).toBeGreaterThanOrEqual(accepted);
  expect(beside).toBeLessThanOrEqual(accepted + unanswered);
}

/** Done by the worker that allows it, and by no other. */
async function playWorkers(asking: Asking, ask: (args: readonly string[]) => Promise<string>) {
  expect(await asking.refused({ kind: "pause-worker", who: 2, for: "1s" })).toContain(
    "too few workers of the run allow it",
  );
  expect(await asking.refused({ kind: "kill-worker", who: { worker: "strict" } })).toContain(
    "--allow-worker-faults",
  );
  expect(await asking.refused({ kind: "command", run: ["/bin/true"] })).toContain("command");
  await asking.ask(
    { kind: "skew-clock", who: 1, for: "1s", offset: "1h", direction: "behind", name: "clock" },
    { kind: "isolate-worker", who: "100%", for: "1s", name: "away" },
  );
  await asking.over({ clock: null, away: null });
  expect(
    await ask(["--kind", "pause-worker", "--who", "1", "--for", "1s", "--name", "still"]),
  ).toBe("still\n");
  await asking.over({ still: null });
  await ask(["--kind", "kill-worker", "--who", "{ worker: willing }", "--name", "gone"]);
  await asking.over({ gone: null });
}

describe.skipIf(missing("redis") !== null)("faults asked for while a run goes on", () => {
  it("spoil handshakes as the service sees it, and befall workers that allow it", async () => {
    const broker = await startBroker("redis");
    const server = await markedServer(() => Date.now() * 1000);
    using folder = scratch();
    try {
      await using coordinator = await Coordinator.start({
        ...{ bus: broker.url, data: join(folder.path, "d") },
      });
      const env = { ONRUSH_WORKER_FENCE_AFTER_MS: "4000" };
      await using _strict = startClusterWorker(broker.url, "strict", env);
      const allowing = { ...env, ONRUSH_WORKER_ALLOW_FAULTS: "1" };
      await using _willing = startClusterWorker(broker.url, "willing", allowing);
      const id = await coordinator.submit(scenario(server.url), "?workers=2");
      await expect.poll(() => server.seen.length, WAIT).toBe(CONNECTIONS);
      const asking = new Asking(coordinator, id);

      const account = await playHandshakes(asking, server);
      await playWorkers(asking, async (args) => {
        const said = await onrush(["fault", id, "--coordinator", coordinator.url, ...args]);
        expect(said.exitCode, said.stderr).toBe(0);
        return said.stdout;
      });
      const ended = await coordinator.request("DELETE", `/runs/${id}/faults/gone`);
      expect([ended.status, ended.text]).toEqual([409, expect.stringContaining("by itself")]);
      const recovered = async () =>
        (await coordinator.get(`/runs/${id}/events`)).text.includes('"worker-recovered"');
      await expect.poll(recovered, WAIT).toBe(true);
      await coordinator.post(`/runs/${id}/actions/stop`);

      const summary = await coordinator.result(id);
      expect(flawsOf(summary)).toEqual([]);
      expect(summary.validity.ledger).toEqual({ balanced: true, differences: {} });
      checkHandshakes(summary, account);
      expect(summary.outside.map(({ id: name, ok, outcome }) => [name, ok, outcome])).toEqual([
        ["clock", true, "set the clocks of willing off by -3600000 ms for 1s"],
        ["away", true, "cut willing off from the bus for 1s"],
        ["still", true, "paused willing for 1s"],
        ["gone", true, "killed willing"],
      ]);
      expect(summary.lostWorkers).toMatchObject([
        { id: "willing", fault: "gone", recovery: "recovered" },
      ]);
    } finally {
      server.close();
      await broker.stop();
    }
  }, 240_000);
});
