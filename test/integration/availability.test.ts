/**
 * Goal: outages are those that the service had, and what a fault did is none of them. Method: a service of the test's own goes away, and
 * another falls silent, each noting when; the report of a run says the same.
 */
import { describe, expect, it } from "vitest";
import { type MarkedServer, markedServer } from "../support/marked-server.ts";
import { endedWell, type Result, runScenario, scratch } from "../support/programs.ts";

const USERS = 40;
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
    rate: "4/s",
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

interface Account {
  readonly result: Result;
  /** When the service did not serve. */
  readonly truth: Episode;
}

/** A busy machine spoils seconds, which then say nothing: the run is made again, four times in all. */
async function unspoilt(play: () => Promise<Account>): Promise<Account> {
  for (let tries = 1; ; tries++) {
    const account = await play();
    if (tries === 4 || account.result.summary?.validity.maskedSeconds === 0) return account;
  }
}

/** A run, and `stop` and `go` of a service in the middle of it. */
async function play(
  given: object,
  servers: readonly MarkedServer[],
  { seconds, stop, go }: { readonly seconds: number; stop(): void; go(): void },
): Promise<Account> {
  using folder = scratch();
  const acting = untilOpen(USERS, ...servers).then(async () => {
    await sleep(4000);
    const from = Date.now();
    stop();
    await sleep(seconds * 1000);
    go();
    return { from, to: Date.now() };
  });
  try {
    const result = await runScenario(given, folder.path);
    return { result, truth: inRun(result, await acting) };
  } finally {
    for (const server of servers) server.close();
  }
}

async function playAway(): Promise<Account> {
  const server = await markedServer(Date.now);
  const given = scenario(server.url, {
    faults: [{ at: "steady+500ms", kind: "disconnect", who: "50%" }],
    thresholds: { availability: ["outages == 1", "> 50%", "longest < 8s", "mttr < 8s"] },
  });
  return play(given, [server], {
    seconds: 4,
    stop: () => server.leave(),
    go: () => server.comeBack(),
  });
}

async function playSilent(): Promise<Account> {
  let silent = false;
  const good = await markedServer(Date.now);
  const bad = await markedServer(Date.now, (socket, data, binary) => {
    if (!silent) socket.send(data, { binary });
  });
  const targets = [
    { url: good.url, label: "good" },
    { url: bad.url, label: "bad" },
  ];
  const thresholds = {
    "availability{target=good}": ["== 100%", "outages == 0"],
    "availability{target=bad}": ["outages == 1"],
  };
  return play(scenario(targets, { thresholds }), [good, bad], {
    seconds: 5,
    stop: () => {
      silent = true;
    },
    go: () => {
      silent = false;
    },
  });
}

describe("availability", () => {
  it("has the outage of a service that goes away, and no downtime of a fault", async () => {
    const { result, truth } = await unspoilt(playAway);
    expect(endedWell(result), result.stdout).toBe(true);
    const { availability } = result.summary ?? {};
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
  }, 120_000);

  it("tells it of the target that falls silent, and of users who go on being connected", async () => {
    const { result, truth } = await unspoilt(playSilent);
    expect(endedWell(result), result.stdout).toBe(true);
    const { availability, connections } = result.summary ?? {};
    expect(connections?.dropped).toBe(0);
    expect(availability?.outages.map(({ target }) => target)).toEqual([null, "bad"]);
    const [all, outage] = availability?.outages ?? [];
    // Who waits for a reply is served until its time is over: 1 s.
    expect(Math.abs((outage?.from ?? 0) / 1000 - truth.from - 1)).toBeLessThan(SLACK_SECONDS);
    expect(Math.abs((outage?.to ?? 0) / 1000 - truth.to)).toBeLessThan(SLACK_SECONDS);
    expect(outage?.depth).toBe(1);
    expect(all?.users).toBe(outage?.users);
  }, 120_000);
});
