/**
 * A target that goes wrong exactly as often as it is told, while a run is on: messages it loses, repeats, reorders, alters and
 * leaks; events of an agent's answers it leaves out, swaps, delays, repeats and inserts. The scenarios that notice, the dials,
 * and where the summary says it. What the target counted is the judge. Used by exactness.ts.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Summary } from "../../coordinator/report/summary-schema.ts";
import type { Target } from "./programs.ts";
import type { Account } from "./told-answers.ts";

export const MISDEEDS = [
  ...(["lose", "repeat", "reorder", "corrupt", "leak"] as const),
  ...(["omit", "swap", "delay", "tell twice", "insert"] as const),
] as const;
export type Misdeed = (typeof MISDEEDS)[number];
export type Counts = Partial<Record<Misdeed, number>>;

interface Dialled {
  /** Of the behaviour's `reply` or `agent`, and where the target counts it. */
  readonly part: "reply" | "agent";
  readonly dial: string;
  readonly counter: string;
  readonly rule?: object;
  /** What the summary says of it. */
  readonly told: (summary: Summary) => number | null | undefined;
}

const SAID = { of: ["said"] };
/** Kinds of violations of a sequence. */
const VIOLATIONS: Readonly<Partial<Record<Misdeed, string>>> = {
  ...{ omit: "missing", swap: "outOfOrder", delay: "tooLate" },
  ...{ "tell twice": "repeated", insert: "unexpected" },
};
const violations = (misdeed: Misdeed) => (summary: Summary) =>
  summary.sequences["ask"]?.violations[VIOLATIONS[misdeed] ?? ""];
/** How much later than that a delayed event comes; as long again it is waited for. */
const DELAY_OF_WITHIN = 1.3;

const DIALS: Readonly<Record<Misdeed, Dialled>> = {
  lose: {
    ...{ part: "reply", dial: "drop", counter: "dropped", rule: SAID },
    // Echoes that were on their way when a connection was cut are lost, too.
    told: ({ integrity }) => integrity?.order?.missing,
  },
  repeat: {
    ...{ part: "reply", dial: "duplicate", counter: "duplicated", rule: SAID },
    told: ({ messages }) => messages.duplicated,
  },
  reorder: {
    ...{ part: "reply", dial: "reorder", counter: "reordered", rule: SAID },
    told: ({ messages }) => messages.reordered,
  },
  corrupt: {
    ...{ part: "reply", dial: "corrupt", counter: "corrupted" },
    rule: { of: ["echo"], where: "body" },
    told: ({ messages }) => messages.corrupt,
  },
  leak: {
    ...{ part: "reply", dial: "leak", counter: "leaked", rule: SAID },
    told: ({ messages }) => messages.leaked,
  },
  omit: { part: "agent", dial: "omit", counter: "eventsOmitted", told: violations("omit") },
  swap: { part: "agent", dial: "swap", counter: "eventsSwapped", told: violations("swap") },
  delay: {
    ...{ part: "agent", dial: "delay", counter: "eventsDelayed" },
    told: violations("delay"),
  },
  "tell twice": {
    ...{ part: "agent", dial: "repeat", counter: "eventsRepeated", told: violations("tell twice") },
  },
  insert: {
    ...{ part: "agent", dial: "insert", counter: "eventsInserted", told: violations("insert") },
  },
};

export const CONNECTIONS = 20;
export const AGENT = { tools: [1, 3], gap: 10, log: true };
const POLL_MS = 100;
const LIMIT_MS = 300_000;
/** What is passed over is missing after two seconds. */
const MISSING_MS = 3000;

function partOf(misdeeds: readonly Misdeed[]): "reply" | "agent" {
  return misdeeds.some((one) => DIALS[one].part === "agent") ? "agent" : "reply";
}

/** The scenario that notices these, all of one part. @param withinMs a sequence has to be over */
export function scenarioFor(url: string, misdeeds: readonly Misdeed[], withinMs: number): object {
  const common = {
    seed: 3,
    target: url,
    // A target of a busy machine may be away for much longer than it was told to.
    connect: { reconnect: { policy: "fixed", min: "100ms", attempts: 3000 } },
    load: [
      { phase: "join", ramp: "linear", to: CONNECTIONS, over: "1s", messages: 0 },
      // Until whoever started it ends it.
      { phase: "talk", hold: "30m" },
    ],
  };
  if (partOf(misdeeds) === "agent") return { ...common, ...asking(withinMs) };
  return { ...common, ...pairs(misdeeds.includes("corrupt")) };
}

/** Pairs of connections in rooms of their own; the first of each pair talks, and both send stamped echoes. */
function pairs(echoes: boolean): object {
  const room = "pair-{{conn.index / 2}}";
  return {
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

/** A question to the target's agent, followed through its events. */
export function question(within: string): object {
  return {
    name: "ask",
    send: { json: { type: "ask", id: "{{uuid}}" } },
    sequence: {
      key: "m.request_id == sent.id",
      events: [
        ...["agent_started", "agent_thinking"],
        { event: "tool_executing", times: "1..5" },
        { event: "tool_completed", times: "1..5" },
        "agent_completed",
      ],
      within,
    },
  };
}

function asking(withinMs: number): object {
  return {
    messages: {
      rate: "5/s",
      mix: [question(`${withinMs}ms`)],
    },
  };
}

/** Dials misdeeds, each so often, and waits until the target has done them all and they can be known. */
export async function misbehave(target: Target, counts: Counts, withinMs: number): Promise<void> {
  const { over } = await dial(target, counts, withinMs);
  await over();
}

/**
 * Dials misdeeds. `done()`: so many deeds of all kinds. `over()` waits until all are done, and can be known; `stop()` does not wait for
 * more of them: what was to be done to an answer whose connection has ended is never done.
 */
export async function dial(target: Target, counts: Counts, withinMs: number) {
  const wanted = (Object.entries(counts) as [Misdeed, number][]).filter(([, count]) => count > 0);
  const before = (await target.now()).behaviours;
  const rules = (part: Dialled["part"]) =>
    Object.fromEntries(
      wanted
        .filter(([misdeed]) => DIALS[misdeed].part === part)
        .map(([misdeed, count]) => {
          const { dial, rule } = DIALS[misdeed];
          const late = misdeed === "delay" && { byMs: DELAY_OF_WITHIN * withinMs };
          return [
            dial,
            { ...rule, ...late, after: 5, every: 1 + Math.max(2, wanted.length), count },
          ];
        }),
    );
  // A held message is let go by the next of its connection: that is to be one of the same sender.
  const quiet = counts.reorder === undefined ? {} : { drop: { of: ["ack", "echo"], share: 1 } };
  await behave(target, {
    reply: { ...quiet, ...rules("reply") },
    agent: { ...AGENT, ...rules("agent") },
  });
  const timesDone = async (misdeed: Misdeed) => {
    const { behaviours } = await target.now();
    const { counter } = DIALS[misdeed];
    return (behaviours[counter] ?? 0) - (before[counter] ?? 0);
  };
  const done = async () => {
    const times = await Promise.all(wanted.map(([misdeed]) => timesDone(misdeed)));
    return times.reduce((sum, count) => sum + count, 0);
  };
  const over = async () => {
    for (const [misdeed, count] of wanted) {
      const what = `the target has done ${misdeed} ${count} times`;
      await until(what, async () => (await timesDone(misdeed)) === count);
    }
    if (wanted.length > 0) await stop();
  };
  const stop = async () => {
    // What is held is let go, and a later number comes after what was lost, while nothing is dropped that is not dialled.
    await sleep(500);
    await behave(target, { agent: AGENT });
    // A sequence is given up when its time has passed twice.
    const isOfEvents = partOf(wanted.map(([misdeed]) => misdeed)) === "agent";
    await sleep(MISSING_MS + (isOfEvents ? 2 * withinMs : 0));
  };
  return { done, over, stop };
}

/** All connections are cut at once, and come back. */
export async function cutAll(target: Target): Promise<void> {
  const { accepted } = await target.now();
  const outage = { afterMs: 1, forMs: 200, how: "reset" };
  await behave(target, { agent: AGENT, outage });
  await until(
    "all have come back",
    async () => (await target.now()).accepted >= accepted + CONNECTIONS,
  );
  await talking(target);
}

/** All connections are open, and each has heard its talker. */
export async function talking(target: Target): Promise<void> {
  let found = 0;
  const areAll = async () => {
    found = (await target.now()).open;
    return found === CONNECTIONS;
  };
  await until(() => `all are open, not ${found}`, areAll);
  await sleep(1000);
}

/** What the summary says of each misdeed. */
export function told(summary: Summary): Record<Misdeed, number> {
  return Object.fromEntries(
    MISDEEDS.map((misdeed) => [misdeed, DIALS[misdeed].told(summary) ?? 0]),
  ) as Record<Misdeed, number>;
}

/** What it is to say when these were dialled; of events, what they came to by the target's own times. */
export function due(counts: Counts, { violations: done }: Account): Record<Misdeed, number> {
  return Object.fromEntries(
    MISDEEDS.map((misdeed) => {
      const kind = VIOLATIONS[misdeed];
      return [misdeed, (kind === undefined ? counts[misdeed] : done[kind]) ?? 0];
    }),
  ) as Record<Misdeed, number>;
}

/** What cannot be asked, because the target is away, does not hold. @throws Error when it does not within five minutes */
export async function until(
  what: string | (() => string),
  holds: () => Promise<boolean>,
): Promise<void> {
  const giveUpAt = performance.now() + LIMIT_MS;
  while (!(await holds().catch(() => false))) {
    if (performance.now() > giveUpAt) {
      const said = typeof what === "string" ? what : what();
      throw new Error(`not within ${LIMIT_MS / 1000} s: ${said}`);
    }
    await sleep(POLL_MS);
  }
}

async function behave({ url }: Target, behaviour: object): Promise<void> {
  const response = await fetch(`${url.replace("ws:", "http:")}/behaviour`, {
    method: "PUT",
    body: JSON.stringify(behaviour),
  });
  if (response.status !== 200) throw new Error(await response.text());
}
