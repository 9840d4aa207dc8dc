/**
 * Goal: outages are those that the service had, and what a fault did is none of them. Method: a service of the test's own goes away, and
 * another falls silent, each noting when; the report of a run says the same.
 */
import { describe, expect, it } from "vitest";
import { type MarkedServer, markedServer } from "../support/marked-server.ts";
import { endedWell, type Result, runScenario, scratch } from "../support/programs.ts";

const USERS = 60;
/** Users come back by a wait of at most this, the generator and the service have two cores of a busy machine. */
const SLACK_SECONDS = 1.5;

interface Episode {
  readonly from: number;
  readonly to: number;
}

const scenario = (target: string | object, more: object = {}) => ({
  ...(typeof target === "string" ? { target } : { targets: target }),
  seed: 3,
  connect: { reconnect: { policy: "fixed", min: "100ms", attempts: 1000 } },
  load: [
    { phase: "open", ramp: "linear", to: USERS, over: "1s" },
    { phase: "steady", hold: "14s" },
  ],
  messages: {
    rate: "5/s",
    mix: [{ name: "say", send: { binary: { size: 64 } }, reply: { match: "echo", within: "1s" } }],
  },
  ...more,
});

/** Seconds of run time, by the clock of this machine. */
function inRun({ summary }: Result, { from, to }: Episode): Episode {
  const zero = Date.parse(summary?.startedAt ?? "");
  return { from: (from - zero) / 1000, to: (to - zero) / 1000 };
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function untilOpen(users: number, ...servers: MarkedServer[]): Promise<void> {
  const open = () => servers.reduce((sum, { seen }) => sum + seen.length, 0);
  for (let tries = 0; tries < 600 && open() < users; tries++) await sleep(50);
}

describe.concurrent("availability", () => {
  it("has the outage of a service that goes away, and no downtime of a fault", async () => {
    using folder = scratch();
    const server = await markedServer(Date.now);
    let from = 0;
    let to = 0;
    const acting = untilOpen(USERS, server).then(async () => {
      await sleep(4000);
      from = Date.now();
      server.leave();
      await sleep(4000);
      to = Date.now();
      server.comeBack();
    });
    try {
      const given = scenario(server.url, {
        faults: [{ at: "steady+500ms", kind: "disconnect", who: "50%" }],
        thresholds: { availability: ["outages == 1", "> 50%", "longest < 8s", "mttr < 8s"] },
      });
      const result = await runScenario(given, folder.path);
      await acting;
      expect(endedWell(result), result.stdout).toBe(true);
      const { availability } = result.summary ?? {};
      const truth = inRun(result, { from, to });
      expect(availability?.outages).toHaveLength(1);
      const [outage] = availability?.outages ?? [];
      expect(Math.abs((outage?.from ?? 0) / 1000 - truth.from)).toBeLessThan(SLACK_SECONDS);
      expect(Math.abs((outage?.to ?? 0) / 1000 - truth.to)).toBeLessThan(SLACK_SECONDS);
      expect(outage?.users).toBe(USERS);
      // Half of the users, for the 100 ms until they tried again, and no more than that.
      const { downSeconds = 0 } = availability?.injected ?? {};
      expect(downSeconds).toBeGreaterThan((USERS / 2) * 0.095);
      expect(downSeconds).toBeLessThan((USERS / 2) * 0.5);
      expect(availability?.downSeconds).toBeGreaterThan(USERS * 3.5);
    } finally {
      server.close();
    }
  }, 60_000);

  it("tells it of the target that falls silent, and of users who go on being connected", async () => {
    using folder = scratch();
    let silent = false;
    const good = await markedServer(Date.now);
    const bad = await markedServer(Date.now, (socket, data, binary) => {
      if (!silent) socket.send(data, { binary });
    });
    let from = 0;
    let to = 0;
    const acting = untilOpen(USERS, good, bad).then(async () => {
      await sleep(2000);
      from = Date.now();
      silent = true;
      await sleep(6000);
      silent = false;
      to = Date.now();
    });
    try {
      const targets = [
        { url: good.url, label: "good" },
        { url: bad.url, label: "bad" },
      ];
      const thresholds = {
        "availability{target=good}": ["== 100%", "outages == 0"],
        "availability{target=bad}": ["outages == 1"],
      };
      const result = await runScenario(scenario(targets, { thresholds }), folder.path);
      await acting;
      expect(endedWell(result), result.stdout).toBe(true);
      const { availability, connections } = result.summary ?? {};
      expect(connections?.dropped).toBe(0);
      const truth = inRun(result, { from, to });
      const of = availability?.outages.map(({ target }) => target);
      expect(of).toEqual([null, "bad"]);
      const outage = availability?.outages[1];
      // Who waits for a reply is served until its time is over: 1 s.
      expect(Math.abs((outage?.from ?? 0) / 1000 - truth.from - 1)).toBeLessThan(SLACK_SECONDS);
      expect(Math.abs((outage?.to ?? 0) / 1000 - truth.to)).toBeLessThan(SLACK_SECONDS);
      expect(outage).toMatchObject({ depth: 1, users: bad.seen.length });
      expect(availability?.outages[0]?.users).toBe(bad.seen.length);
    } finally {
      good.close();
      bad.close();
    }
  }, 60_000);
});
