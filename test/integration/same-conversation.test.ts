/**
 * Goal: the seed decides what each connection says, byte for byte, whatever sends it: one worker or four, either driver, either
 * broker. Method: users of three kinds with random texts, numbers, bytes, choices and waits, some of whom come back, against
 * the bundled target, which keeps a digest of what each connection sent; the digests of all runs are the same.
 */
import { describe, expect, it } from "vitest";
import {
  endedWell,
  runScenario,
  scratch,
  startFourWorkers,
  startTarget,
} from "../support/programs.ts";
import { missing, startBroker } from "../support/servers.ts";

const CONNECTIONS = 120;

const ok = { match: "next", within: "20s" };

function scenario(url: string, seed: number): object {
  return {
    ...{ seed, target: `${url}/with/digest?user={{conn.index}}` },
    load: [
      { phase: "come", ramp: "linear", to: CONNECTIONS, over: "2s" },
      { phase: "stay", hold: "7s" },
    ],
    roles: {
      // In steps, until it has said all; then it leaves.
      walker: { share: "50%", flow: [...walk(), { close: 1000 }], messages: { rate: "0/s" } },
      // By the clock, as often as the plan says.
      talker: { share: "40%" },
      // In steps first, then by the clock.
      both: { share: "10%", flow: walk() },
    },
    messages: {
      ...{ rate: "3/s", arrival: "poisson", inFlight: 1000 },
      mix: [
        { name: "say", weight: 3, send: { json: { id: "{{uuid}}", text: "{{text(5,60)}}" } } },
        { name: "count", send: { text: "{{seq}} {{int(1,1000000)}} {{conn.attempt}}" } },
        { name: "blob", send: { binary: { size: [16, 300, 4096], fill: "random" } } },
      ],
    },
  };
}

function walk(): object[] {
  return [
    { send: { json: { hello: "{{conn.id}}", n: "{{int(1,9999)}}" }, reply: ok } },
    {
      repeat: {
        times: 6,
        steps: [
          { wait: "exp(60ms)" },
          {
            choose: [
              { weight: 5, steps: [{ send: { text: "{{text(1,40)}}", reply: ok } }] },
              {
                weight: 3,
                steps: [{ wait: "uniform(1ms, 50ms)" }, { send: { text: "{{uuid}}", reply: ok } }],
              },
              { weight: 2, steps: [{ send: { binary: { size: [20, 700] }, reply: ok } }] },
            ],
          },
        ],
      },
    },
  ];
}

interface Row {
  readonly user: string;
  readonly digest: string;
  readonly messagesIn: number;
}

/** What each connection sent, by its index. */
async function said(args: readonly string[], seed = 7): Promise<Map<string, string>> {
  await using target = await startTarget();
  using folder = scratch();
  const result = await runScenario(scenario(target.url.replace(/\/$/, ""), seed), folder.path, {
    args,
  });
  const { summary, stderr } = result;
  expect(endedWell(result), stderr).toBe(true);
  const { connections, ...stats } = await target.stats("?perConnection=1");
  const rows = connections as readonly Row[];
  expect(rows).toHaveLength(CONNECTIONS);
  // What was skipped would be missing.
  expect(summary?.messages).toMatchObject({
    skippedBy: { behind: 0, backpressure: 0 },
    discarded: 0,
  });
  expect(summary?.messages.sent).toBe(stats.messagesIn);
  return new Map(rows.map(({ user, digest, messagesIn }) => [user, `${messagesIn} ${digest}`]));
}

describe("the same seed", { timeout: 240_000 }, () => {
  it("says the same on one worker and on four, over each broker and with each driver", async () => {
    const one = await said(["--workers", "1"]);
    expect(new Set(one.values()).size).toBe(CONNECTIONS);
    expect(await said(["--workers", "1", "--driver", "ws"])).toEqual(one);
    for (const kind of (["redis", "nats"] as const).filter((name) => missing(name) === null)) {
      const broker = await startBroker(kind);
      try {
        await using _workers = startFourWorkers(broker.url);
        expect(await said(["--bus", broker.url, "--workers", "4"]), kind).toEqual(one);
      } finally {
        await broker.stop();
      }
    }
    const other = await said(["--workers", "1"], 8);
    const same = [...other].filter(([user, digest]) => one.get(user) === digest);
    expect(same).toEqual([]);
  });
});
