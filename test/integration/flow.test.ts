/**
 * Goal: connections take the steps of their flow, and what summary.json says of each is what the service saw. Method: whole runs
 * against a service of the test's own that wants a login with the nonce of its welcome, and keeps its own account.
 */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import type { Summary } from "../../coordinator/report/summary-schema.ts";
import { endedWell, runScenario, scratch } from "../support/programs.ts";

const CONNECTIONS = 12;

interface Account {
  accepted: number;
  logins: number;
  strangers: number;
  says: number;
  polls: number;
  logouts: number;
  closed: number[];
}

interface Chat extends AsyncDisposable {
  readonly url: string;
  readonly account: Account;
}

interface Habits {
  /** What a newcomer is told, by its number. */
  readonly welcome: (nonce: string, number: number) => readonly string[];
  /** What follows a login. */
  readonly afterLogin?: (socket: WebSocket, number: number) => void;
}

const welcome = (nonce: string) => JSON.stringify({ type: "welcome", nonce });

async function serve({ welcome: greet, afterLogin }: Habits): Promise<Chat> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  const account: Account = {
    ...{ accepted: 0, logins: 0, strangers: 0, says: 0, polls: 0, logouts: 0 },
    closed: [],
  };
  server.on("connection", (socket) => {
    const number = account.accepted++;
    const nonce = `n${number}`;
    let known = false;
    for (const text of greet(nonce, number)) socket.send(text);
    socket.on("error", () => {});
    socket.on("close", (code) => account.closed.push(code));
    socket.on("message", (data) => {
      const m = JSON.parse(String(data)) as { type: string; id?: string; nonce?: string };
      if (m.type === "login" && m.nonce === nonce) {
        known = true;
        account.logins++;
        socket.send('{"type":"ok"}');
        afterLogin?.(socket, number);
      } else if (!known) account.strangers++;
      else if (m.type === "poll") {
        account.polls++;
        socket.send('{"type":"polled"}');
      } else if (m.type === "logout") {
        account.logouts++;
        socket.send('{"type":"bye"}');
      } else {
        account.says++;
        socket.send(JSON.stringify({ type: "ack", id: m.id }));
      }
    });
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `ws://127.0.0.1:${port}/`,
    account,
    async [Symbol.asyncDispose]() {
      for (const client of server.clients) client.terminate();
      server.close();
      await once(server, "close");
    },
  };
}

const EXPECT_WELCOME = {
  expect: {
    ...{ name: "welcome", where: "m.type == 'welcome'", within: "500ms" },
    capture: { nonce: "m.nonce" },
  },
};
const LOGIN = {
  send: {
    ...{ name: "login", json: { type: "login", nonce: "{{conn.nonce}}" } },
    reply: { where: "m.type == 'ok'", within: "2s" },
  },
};

function scenario(url: string, over: object) {
  return {
    target: url,
    load: [
      { phase: "open", ramp: "linear", to: CONNECTIONS, over: "300ms" },
      { phase: "steady", hold: "2s" },
    ],
    ...over,
  };
}

async function played(of: object): Promise<Summary> {
  using folder = scratch();
  const result = await runScenario(of, folder.path);
  expect(endedWell(result), result.stderr).toBe(true);
  if (result.summary === null) throw new Error(result.stderr);
  return result.summary as Summary;
}

function step({ messages }: Summary, name: string) {
  const { started, completed, failed, abandoned } = messages.byName[name] ?? {};
  return { started, completed, failed, abandoned };
}

const all = (completed: number) => ({ started: completed, completed, failed: 0, abandoned: 0 });

describe("a flow", () => {
  it("logs in before its messages begin, polls beside them, and takes its leave", async () => {
    await using chat = await serve({ welcome: (nonce) => [welcome(nonce)] });
    const poll = {
      send: { name: "poll", json: { type: "poll" }, reply: { where: "m.type == 'polled'" } },
    };
    const summary = await played(
      scenario(chat.url, {
        flow: {
          open: [EXPECT_WELCOME, LOGIN, { mark: "in" }, "ping"],
          loop: { polling: [{ wait: "uniform(50ms, 150ms)" }, poll] },
          close: [{ send: { name: "logout", json: { type: "logout" }, reply: { match: "next" } } }],
        },
        messages: {
          rate: "5/s",
          mix: [
            {
              ...{ name: "say", send: { json: { type: "say", id: "{{uuid}}" } } },
              reply: { where: "m.type == 'ack' && m.id == sent.id", within: "2s" },
            },
          ],
        },
      }),
    );
    const { account } = chat;
    expect(account.accepted).toBe(CONNECTIONS);
    expect(account.strangers).toBe(0);
    expect(account.closed).toEqual(Array(CONNECTIONS).fill(1000));
    for (const name of ["welcome", "login", "in", "open#4", "logout"]) {
      expect(step(summary, name), name).toEqual(all(CONNECTIONS));
    }
    expect(account.logouts).toBe(CONNECTIONS);
    expect(summary.messages.byName["say"]?.sent).toBe(account.says);
    expect(summary.messages.byName["say"]?.matched).toBe(account.says);
    expect(summary.messages.byName["poll"]?.sent).toBe(account.polls);
    const { planned, sent, skipped } = summary.messages;
    expect(planned).toBe(sent + skipped);
    expect(sent).toBe(account.says + account.polls + account.logins + account.logouts);
    expect(summary.messages.recognised).toBe(CONNECTIONS);
    expect(summary.messages.unsolicited).toBe(0);
    expect(summary.validity.ledger.balanced).toBe(true);
    expect(summary.failures).toEqual([]);
  });

  it("takes several messages of one frame for several steps, also behind a reply", async () => {
    const lines = (...types: string[]) => types.map((type) => JSON.stringify({ type })).join("\n");
    await using chat = await serve({
      welcome: (nonce) => [`${welcome(nonce)}\n${lines("rules", "members")}`],
      afterLogin: (socket) => socket.send(lines("one", "two", "two")),
    });
    const awaited = (type: string, times = 1) => ({
      expect: { name: type, where: `m.type == '${type}'`, within: "2s", times },
    });
    const summary = await played(
      scenario(chat.url, {
        incoming: { split: "lines" },
        flow: [EXPECT_WELCOME, awaited("rules"), awaited("members"), LOGIN, awaited("two", 2)],
      }),
    );
    for (const name of ["welcome", "rules", "members", "login", "two"]) {
      expect(step(summary, name), name).toEqual(all(CONNECTIONS));
    }
    expect(summary.messages.byName["two"]?.arrived).toBe(2 * CONNECTIONS);
    expect(summary.failures).toEqual([]);
  });

  it("tells what came instead of what it waited for, and goes by the policy of the step", async () => {
    const bad = (number: number) => number % 4 === 0;
    await using chat = await serve({
      welcome: (nonce, number) => [bad(number) ? '{"type":"busy"}' : welcome(nonce)],
      afterLogin: (socket) => socket.send('{"type":"oops"}'),
    });
    const summary = await played(
      scenario(chat.url, {
        flow: [
          EXPECT_WELCOME,
          LOGIN,
          {
            expectNot: {
              ...{ name: "quiet", where: "m.type == 'oops'", for: "300ms", onFail: "skip" },
            },
          },
          { optional: { name: "gift", where: "m.type == 'gift'", within: "100ms" } },
          { mark: "in" },
        ],
      }),
    );
    const wrong = CONNECTIONS / 4;
    const right = CONNECTIONS - wrong;
    expect(chat.account.logins).toBe(right);
    expect(step(summary, "welcome")).toEqual({
      ...all(right),
      started: CONNECTIONS,
      failed: wrong,
    });
    expect(step(summary, "login")).toEqual(all(right));
    expect(step(summary, "quiet")).toEqual({ ...all(0), started: right, failed: right });
    expect(step(summary, "gift")).toEqual(all(right));
    expect(step(summary, "in")).toEqual(all(right));
    expect(summary.connections.closedByCause).toEqual({ plan: right, "step-failed": wrong });
    expect(summary.connections.dropped).toBe(wrong);
    const told = summary.failures.map(({ kind, signature, count, samples }) => {
      return { kind, signature, count, detail: samples[0]?.detail };
    });
    expect(told).toContainEqual({
      ...{ kind: "step-timeout", signature: "welcome", count: wrong },
      detail: 'came instead: {"type":"busy"}',
    });
    expect(told).toContainEqual({
      ...{ kind: "step-unexpected", signature: "quiet", count: right },
      detail: '{"type":"oops"}',
    });
    expect(told).toHaveLength(2);
  });

  it("begins anew after each reconnect", async () => {
    await using chat = await serve({
      welcome: (nonce) => [welcome(nonce)],
      afterLogin: (socket, number) => {
        if (number < CONNECTIONS) setTimeout(() => socket.terminate(), 50);
      },
    });
    const summary = await played(
      scenario(chat.url, {
        connect: { reconnect: { policy: "fixed", min: "50ms", attempts: 3 } },
        flow: { open: [EXPECT_WELCOME, LOGIN], loop: [{ wait: "10s" }] },
      }),
    );
    expect(summary.connections.reconnects).toBe(CONNECTIONS);
    expect(chat.account.logins).toBe(2 * CONNECTIONS);
    expect(step(summary, "login")).toEqual(all(2 * CONNECTIONS));
    expect(summary.failures.map(({ kind }) => kind)).toEqual(["abnormal-close"]);
  });
});
