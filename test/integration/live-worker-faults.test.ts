/**
 * Goal: a fault of workers that is asked for while a run goes on is done once, or not at all, and the list says which, though the
 * coordinator is killed between asking and acting. Method: two workers and a service of the test's own, which keeps when each
 * message came: while a worker stands still nothing comes from its connections. Over one broker; over both with ONRUSH_TEST_ALL=1.
 */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ListedFault } from "../../coordinator/live/fault-desk.ts";
import { Coordinator, flawsOf, startWorker } from "../support/coordinator.ts";
import { type MarkedServer, markedServer } from "../support/marked-server.ts";
import { onrush, scratch } from "../support/programs.ts";
import { brokersOf, missing, startBroker } from "../support/servers.ts";

const CONNECTIONS = 20;
const WAIT = { timeout: 90_000, interval: 100 };
const SECOND_US = 1_000_000;
/** How long workers stand still: longer than a busy machine keeps a process waiting. */
const STILL_SECONDS = 5;

const scenario = (target: string) => ({
  ...{ version: 1, name: "live worker faults", target, seed: 11 },
  load: [
    { phase: "open", ramp: "linear", to: CONNECTIONS, over: "2s", exclude: true },
    { phase: "steady", hold: "280s" },
  ],
  messages: {
    rate: "4/s",
    mix: [{ name: "say", send: { binary: { size: 64 } }, reply: { match: "echo", within: "30s" } }],
  },
});

/** Of each connection, how often nothing came of it for about so long. */
function stills({ seen }: MarkedServer): Map<number, number> {
  return new Map(
    seen.map(({ index, arrivals }) => {
      const gaps = arrivals.slice(1).map((us, at) => us - (arrivals[at] ?? us));
      return [index, gaps.filter((us) => us > (STILL_SECONDS - 1) * SECOND_US).length];
    }),
  );
}

/** Connections that stood still so often. */
const stillTimes = (server: MarkedServer, times: number) =>
  [...stills(server)].flatMap(([index, count]) => (count === times ? [index] : []));

class Listing {
  readonly #coordinator: Coordinator;
  readonly #run: string;

  constructor(coordinator: Coordinator, run: string) {
    this.#coordinator = coordinator;
    this.#run = run;
  }

  async ask(fault: object): Promise<void> {
    const { status, text } = await this.#coordinator.post(`/runs/${this.#run}/faults`, {
      body: { kind: "pause-worker", for: `${STILL_SECONDS}s`, ...fault },
    });
    expect(status, text).toBe(201);
  }

  /** What the list says of one. */
  async of(name: string) {
    const { body } = await this.#coordinator.get<{ faults: ListedFault[] }>(
      `/runs/${this.#run}/faults`,
    );
    const [window] = body.faults.find(({ id }) => id === name)?.windows ?? [];
    return [window?.state, window?.workers, window?.outcome];
  }

  /** Run time that has passed. */
  async seconds(): Promise<number> {
    const { body } = await this.#coordinator.get<{ view: { elapsedUs?: number } | null }>(
      `/runs/${this.#run}`,
    );
    return (body.view?.elapsedUs ?? 0) / SECOND_US;
  }
}

for (const kind of brokersOf("redis")) {
  describe.skipIf(missing(kind) !== null)(`faults of workers asked for, over ${kind}`, () => {
    it("are done once, or said not to be, though the coordinator is killed before they are", async () => {
      const broker = await startBroker(kind);
      const server = await markedServer(() => performance.now() * 1000);
      using folder = scratch();
      try {
        await using coordinator = await Coordinator.start({
          ...{ bus: broker.url, data: join(folder.path, "d") },
        });
        const env = { ONRUSH_WORKER_ALLOW_FAULTS: "1", ONRUSH_WORKER_FENCE_AFTER_MS: "60000" };
        await using _first = startWorker(broker.url, "first", { env });
        await using second = startWorker(broker.url, "second", { env });
        const id = await coordinator.submit(scenario(server.url), "?workers=2");
        await expect.poll(() => server.seen.length, WAIT).toBe(CONNECTIONS);
        const list = new Listing(coordinator, id);

        // Asked for, and not yet begun: the one that comes back does it, once.
        const inTime = Math.ceil(await list.seconds()) + 25;
        await list.ask({ name: "once", who: { worker: "first" }, at: `steady+${inTime}s` });
        expect(await list.of("once")).toEqual(["planned", null, null]);
        await coordinator.kill();
        await coordinator.start();
        const paused = (who: string) => ["over", 1, `paused ${who} for ${STILL_SECONDS}s`];
        await expect.poll(() => list.of("once"), WAIT).toEqual(paused("first"));
        await expect.poll(() => stillTimes(server, 1).length, WAIT).toBeGreaterThan(0);
        const ofFirst = stillTimes(server, 1);
        expect(stillTimes(server, 0)).toHaveLength(CONNECTIONS - ofFirst.length);

        // Its worker is asked, and cannot answer; nobody is there when it does it.
        second.signal("SIGSTOP");
        await list.ask({ name: "unheard", who: { worker: "second" } });
        await expect.poll(() => list.of("unheard"), WAIT).toEqual(["acting", 1, null]);
        await coordinator.kill();
        second.signal("SIGCONT");
        await coordinator.start();
        await expect.poll(() => list.of("unheard"), WAIT).toEqual(paused("second"));

        // Its time goes by without a coordinator: it is not done, and why is said.
        await list.ask({ name: "missed", who: "100%" });
        await coordinator.kill();
        await new Promise((resolve) => setTimeout(resolve, 10_000));
        await coordinator.start();
        const why = "not done: no coordinator was there at its time";
        await expect.poll(() => list.of("missed"), WAIT).toEqual(["failed", null, why]);
        const said = await onrush(["fault", id, "--coordinator", coordinator.url]);
        expect(said.stdout, said.stderr).toMatch(/once .*over .*1 +paused first for 5s/);
        expect(said.stdout).toMatch(new RegExp(`missed .*failed .*${why}`));

        await coordinator.post(`/runs/${id}/actions/stop`);
        const summary = await coordinator.result(id);
        expect(flawsOf(summary)).toEqual([]);
        expect(summary.outside.map(({ id: name, ok, outcome }) => [name, ok, outcome])).toEqual([
          ["once", true, "paused first for 5s"],
          ["unheard", true, "paused second for 5s"],
          ["missed", false, why],
        ]);
        expect(summary.lostWorkers).toEqual([]);
        // Each stood still once; the second one also while the test held it, which may be one time with the other.
        const times = stills(server);
        expect(ofFirst.map((index) => times.get(index))).toEqual(ofFirst.map(() => 1));
        expect(Math.min(...times.values())).toBe(1);
        expect(Math.max(...times.values())).toBeLessThanOrEqual(2);
      } finally {
        server.close();
        await broker.stop();
      }
    }, 480_000);
  });
}
