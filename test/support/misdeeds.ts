/**
 * A target that loses, repeats, reorders, alters and leaks messages exactly as often as it is told, while a run is on: the
 * scenarios that notice, and the script that dials. What the target counted is the judge.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import type { Summary } from "../../coordinator/report/summary-schema.ts";
import type { Target } from "./programs.ts";

export const MISDEEDS = ["lose", "repeat", "reorder", "corrupt", "leak"] as const;
export type Misdeed = (typeof MISDEEDS)[number];

interface Dialled {
  /** Of the behaviour's `reply`, and where the target counts it. */
  readonly dial: string;
  readonly counter: string;
  readonly rule?: object;
  /** Where the summary says it. */
  readonly told: "lost" | "duplicated" | "reordered" | "corrupt" | "leaked";
}

const SAID = { of: ["said"] };
const DIALS: Readonly<Record<Misdeed, Dialled>> = {
  lose: { dial: "drop", counter: "dropped", rule: SAID, told: "lost" },
  repeat: { dial: "duplicate", counter: "duplicated", rule: SAID, told: "duplicated" },
  reorder: { dial: "reorder", counter: "reordered", rule: SAID, told: "reordered" },
  corrupt: {
    dial: "corrupt",
    counter: "corrupted",
    rule: { of: ["echo"], where: "body" },
    told: "corrupt",
  },
  leak: { dial: "leak", counter: "leaked", rule: SAID, told: "leaked" },
};

export const CONNECTIONS = 20;

/** Pairs of connections in rooms of their own; the first of each pair talks, and both send stamped echoes. */
export function pairs(url: string, echoes: boolean): object {
  const room = "pair-{{conn.index / 2}}";
  return {
    seed: 3,
    target: url,
    connect: { reconnect: { policy: "fixed", min: "100ms", attempts: 20 } },
    load: [
      { phase: "join", ramp: "linear", to: CONNECTIONS, over: "1s" },
      // Until the test ends it.
      { phase: "talk", hold: "30m" },
    ],
    flow: {
      open: [
        { send: { json: { type: "join", room } } },
        { expect: { where: "m.type == 'joined'", within: "5s" } },
      ],
      loop: [
        { wait: "50ms" },
        {
          repeat: {
            until: "conn.index % 2 == 1",
            steps: [
              { wait: "50ms" },
              { send: { json: { type: "say", id: "{{uuid}}", room, text: "{{text(20,80)}}" } } },
            ],
          },
        },
      ],
    },
    ...(echoes && {
      messages: {
        rate: "10/s",
        mix: [
          {
            name: "blob",
            send: { binary: { size: 64, fill: "random" } },
            reply: { match: "echo", within: "5s" },
          },
        ],
      },
    }),
    integrity: {
      stamp: echoes,
      order: "per-sender",
      isolation: { owner: "m.room == 'pair-' + string(conn.index / 2)" },
    },
  };
}

/** Dials misdeeds, each so often, and waits until the target has done them all. */
export async function misbehave(
  target: Target,
  counts: Partial<Record<Misdeed, number>>,
): Promise<void> {
  const wanted = Object.entries(counts).filter(([, count]) => count > 0) as [Misdeed, number][];
  if (wanted.length === 0) return;
  const before = (await target.now()).behaviours;
  const rules = wanted.map(([misdeed, count]) => {
    const { dial, rule } = DIALS[misdeed];
    return [dial, { ...rule, after: 5, every: 3, count }] as const;
  });
  // A held message is let go by the next of its connection: that is to be one of the same sender.
  const quiet = counts.reorder === undefined ? {} : { drop: { of: ["ack", "echo"], share: 1 } };
  await behave(target, { reply: { ...quiet, ...Object.fromEntries(rules) } });
  for (const [misdeed, count] of wanted) {
    const { counter } = DIALS[misdeed];
    const done = async () => at(await target.now(), counter) - (before[counter] ?? 0);
    await expect.poll(done, { timeout: 60_000, interval: 50 }).toBe(count);
  }
  // What is held is let go, and a later number comes after what was lost, while nothing is dropped that is not dialled.
  await sleep(500);
  await behave(target, {});
}

/** All connections are cut at once, and come back. */
export async function cutAll(target: Target): Promise<void> {
  const { accepted } = await target.now();
  await behave(target, { outage: { afterMs: 1, forMs: 200, how: "reset" } });
  await expect
    .poll(async () => (await target.now()).accepted, POLL)
    .toBeGreaterThanOrEqual(accepted + CONNECTIONS);
  await talking(target);
}

/** All connections are open, and each has heard its talker. */
export async function talking(target: Target): Promise<void> {
  await expect.poll(async () => (await target.now()).open, POLL).toBe(CONNECTIONS);
  await sleep(1000);
}

const POLL = { timeout: 60_000, interval: 20 };

/** The summary says what was dialled, and nothing else. */
export function expectCounts(
  summary: Summary | null,
  counts: Partial<Record<Misdeed, number>>,
): void {
  const { messages, integrity } = summary ?? {};
  const told = {
    ...Object.fromEntries(
      MISDEEDS.map((misdeed) => [misdeed, messages?.[DIALS[misdeed].told] ?? 0]),
    ),
    // Echoes that were on their way when a connection was cut are lost, too.
    lose: integrity?.order?.missing,
  };
  expect(told).toEqual({ lose: 0, repeat: 0, reorder: 0, corrupt: 0, leak: 0, ...counts });
  expect(summary?.validity.ledger.balanced).toBe(true);
  const leaks = summary?.integrity?.isolation?.breaches ?? [];
  expect(leaks.reduce((sum, { count }) => sum + count, 0)).toBe(counts.leak ?? 0);
}

function at({ behaviours }: Awaited<ReturnType<Target["now"]>>, counter: string): number {
  return behaviours[counter] ?? 0;
}

async function behave({ url }: Target, behaviour: object): Promise<void> {
  const response = await fetch(`${url.replace("ws:", "http:")}/behaviour`, {
    method: "PUT",
    body: JSON.stringify(behaviour),
  });
  expect(response.status, await response.text()).toBe(200);
}
