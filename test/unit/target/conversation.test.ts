/**
 * Goal: each part of a conversation does what docs/target.md says, and the target counts what clients see. Method: a
 * target in this process with ws clients; parts by path and by document.
 */
import { createHash } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { readResume, readToken, resumeFor, tokenFor } from "../../../target/conversation/passes.ts";
import { Client, type Served, serve, until } from "./harness.ts";

let target: Served;
afterEach(() => target?.stop());

async function tokenOf(user: string): Promise<string> {
  const response = await fetch(`${target.httpUrl}/login`, {
    method: "POST",
    body: JSON.stringify({ user }),
  });
  return ((await response.json()) as { token: string }).token;
}

async function ended(client: Client): Promise<number | undefined> {
  await until(() => client.closed !== null, "the end");
  return client.closed?.code;
}

/** The client's message of a type, once it is there. */
async function got(client: Client, type: string): Promise<Record<string, unknown>> {
  await until(() => client.json().some((message) => message["type"] === type), type);
  return client.json().findLast((message) => message["type"] === type) ?? {};
}

describe("passes", () => {
  it("are read as what they were made, and as nothing else", () => {
    for (const user of ["ann", "ünal ☃", "a.b.c"]) {
      expect(readToken(tokenFor(user))).toEqual({ user, resumed: 0 });
      expect(readResume(resumeFor(user, 3))).toEqual({ user, resumed: 3 });
      expect(readResume(tokenFor(user))).toBeNull();
      expect(readToken(resumeFor(user, 0))).toBeNull();
      expect(readToken(`${tokenFor(user)}x`)).toBeNull();
      expect(tokenFor(user)).toMatch(/^[\w.-]+$/);
    }
    for (const text of ["", "..", null, 7, "t0.YW5u.AAAAAAAAAAAAAAAA"])
      expect(readToken(text)).toBeNull();
  });
});

describe("token", () => {
  it("is wanted in a header, the query or a subprotocol, else 401", async () => {
    target = await serve();
    const url = `${target.url}/with/token,welcome`;
    const token = await tokenOf("ann");
    const clients = [
      new Client(`${url}?token=${token}`),
      new Client(url, { protocols: ["chat.v1", `bearer.${token}`] }),
      new Client(url, { headers: { authorization: `Bearer ${token}` } }),
      new Client(`${url}?resume=${resumeFor("ann", 1)}`),
    ];
    for (const client of clients) {
      expect(await got(client, "welcome")).toMatchObject({ user: "ann" });
    }
    for (const wrong of [url, `${url}?token=${token}x`, `${url}?resume=${token}`]) {
      const client = new Client(wrong);
      await until(() => client.error !== null);
      expect(client.error?.message).toContain("401");
    }
    expect(await target.stats()).toMatchObject({
      accepted: 4,
      upgradesRefused: { 401: 3 },
      conversation: {
        tokensIssued: 1,
        tokensAccepted: 4,
        tokensRefused: 3,
        resumed: 1,
        welcomes: 4,
      },
    });
  });

  it("is refused a body that names nobody, and a part there is not", async () => {
    target = await serve();
    const post = (body: string) => fetch(`${target.httpUrl}/login`, { method: "POST", body });
    expect((await post("{")).status).toBe(400);
    expect((await post("null")).status).toBe(422);
    expect((await post('{"user":""}')).status).toBe(422);
    const client = new Client(`${target.url}/with/tokn`);
    await until(() => client.error !== null);
    expect(client.error?.message).toContain("404");
  });
});

describe("digest", () => {
  it("is of what a connection sent, in order, text apart from binary, while it is open and afterwards", async () => {
    target = await serve();
    const url = `${target.url}/with/digest?user=`;
    const send = async (user: string, ...messages: (string | Buffer)[]) => {
      const client = await Client.open(`${url}${user}`);
      for (const message of messages) client.socket.send(message);
      await until(() => client.got.length === messages.length, "echoes");
      return client;
    };
    const long = "x".repeat(100_000);
    const first = await send("a", "one", long, Buffer.from("two"));
    await send("b", "one", long, "two");
    await send("c", long, "one", Buffer.from("two"));
    await send("d", "one", long, Buffer.from("two"));
    await send("e", "o", "ne", long, Buffer.from("two"));
    first.socket.close();
    await ended(first);
    const { connections, conversation } = await target.stats("?perConnection=1");
    const rows = connections as readonly { user: string; digest: string }[];
    const of = new Map(rows.map(({ user, digest }) => [user, digest]));
    const hash = createHash("sha256");
    for (const [kind, text] of [
      [1, "one"],
      [1, long],
      [2, "two"],
    ] as const) {
      const head = Buffer.alloc(5, kind);
      head.writeUInt32BE(text.length, 1);
      hash.update(head).update(text);
    }
    expect(of.get("a")).toBe(hash.digest("hex"));
    expect(of.get("d")).toBe(of.get("a"));
    expect(new Set(of.values()).size).toBe(4);
    expect(conversation).toMatchObject({ digested: 16 });
  });
});

describe("login", () => {
  it("takes the nonce of the welcome, names the user and gives a resume token", async () => {
    target = await serve({ conversation: { welcome: true, login: true } });
    const client = await Client.open(target.url);
    const { nonce } = await got(client, "welcome");
    client.say({ type: "login", nonce: "wrong", user: "ann" });
    expect(await got(client, "error")).toEqual({ type: "error", code: "bad_nonce" });
    client.say({ type: "login", id: 7, nonce, user: "ann" });
    const ok = await got(client, "ok");
    expect(ok).toMatchObject({ type: "ok", id: 7, user: "ann", resumed: 0 });
    client.say({ type: "join", room: "lobby" });
    client.say({ type: "say", id: 1, room: "lobby", text: "hi" });
    expect(await got(client, "said")).toMatchObject({ from: "ann", seq: 1 });
    client.say({ type: "logout" });
    await got(client, "bye");
    client.say({ type: "say", id: 2, room: "lobby", text: "hi" });
    expect(await ended(client)).toBe(4003);
    const again = await Client.open(target.url);
    again.say({
      type: "login",
      nonce: (await got(again, "welcome"))["nonce"],
      resume: ok["resume"],
    });
    expect(await got(again, "ok")).toMatchObject({ user: "ann", resumed: 1 });
    expect((await target.stats()).conversation).toMatchObject({
      welcomes: 2,
      logins: 2,
      loginsRefused: 1,
      loginsResumed: 1,
      logouts: 1,
      notLoggedIn: 1,
    });
  });

  it("must come first and in time, text or not", async () => {
    target = await serve({ conversation: { login: { withinMs: 1000 } } });
    const [early, binary, silent] = [0, 0, 0].map(() => new Client(target.url));
    early?.socket.on("open", () => early.socket.send("hello"));
    binary?.socket.on("open", () => binary.socket.send(Buffer.from([1])));
    expect(await ended(early!)).toBe(4003);
    expect(await ended(binary!)).toBe(4003);
    expect(await ended(silent!)).toBe(4001);
    const { conversation } = await target.stats();
    expect(conversation).toMatchObject({ notLoggedIn: 2, loginsLate: 1, logins: 0 });
  });
});

describe("ping", () => {
  it("counts what comes back, and closes who does not answer", async () => {
    target = await serve({ conversation: { ping: { everyMs: 50, pongWithinMs: 3000 } } });
    const good = await Client.open(target.url);
    const bad = await Client.open(target.url);
    let answered = 0;
    good.socket.on("message", (data: Buffer) => {
      const { id } = JSON.parse(data.toString()) as { id: number };
      good.say({ type: "pong", id });
      answered += 1;
      if (id === 2) good.say({ type: "pong", id: 99 });
    });
    expect(await ended(bad)).toBe(4000);
    const counts = async () => (await target.stats()).conversation;
    await until(async () => (await counts()).appPongs === answered);
    const { messagesOut } = await target.stats();
    expect((await counts()).appPings).toBeGreaterThanOrEqual(messagesOut);
    expect(await counts()).toMatchObject({ appPongsWrong: 1, appPongsMissing: 1 });
    await good.close();
  });
});

describe("text", () => {
  it("answers lines, several in a message, and shares rooms with those who speak JSON", async () => {
    target = await serve();
    const text = await Client.open(`${target.url}/with/text`);
    const json = await Client.open(target.url);
    json.say({ type: "join", room: "lobby", user: "ben" });
    await got(json, "joined");
    text.socket.send("ECHO 1 hello there\nJOIN 2 lobby\r\nDANCE 3\nSAY 4 lobby good day");
    await until(() => text.got.length === 5 && json.got.length === 2);
    expect(text.texts().slice(0, 4)).toEqual([
      "ACK 1 hello there",
      "ACK 2",
      "ERR 3 unknown",
      "ACK 4",
    ]);
    expect(text.texts()[4]).toMatch(/^SAID lobby connection-0-1 1 \d+ good day$/);
    expect(json.json()[1]).toMatchObject({ type: "said", room: "lobby", text: "good day" });
    const stats = await target.stats();
    expect(stats).toMatchObject({ joins: 2, says: 1, messagesIn: 2 });
    expect(stats.conversation).toMatchObject({ textLines: 4, textErrors: 1 });
  });

  it("greets, pings and takes a login in lines, too", async () => {
    target = await serve({
      conversation: { text: true, welcome: true, login: true, ping: { everyMs: 30 } },
    });
    const client = await Client.open(target.url);
    await until(() => client.got.length > 0);
    const nonce = client.texts()[0]?.split(" ")[1];
    client.socket.send(`LOGIN 1 ${nonce} ann`);
    await until(() => client.texts().some((line) => line.startsWith("ACK 1 r0.")));
    await until(() => client.texts().includes("PING 1"));
    client.socket.send("PONG 1");
    client.socket.send("LOGOUT 2");
    await until(() => client.texts().includes("ACK 2 bye"));
    expect((await target.stats()).conversation).toMatchObject({
      logins: 1,
      appPongs: 1,
      logouts: 1,
    });
  });
});

describe("batch", () => {
  it.each(["lines", "array"] as const)("puts several messages into a frame, as %s", async (as) => {
    target = await serve({ conversation: { batch: { as, most: 4, waitMs: 300 } } });
    const client = await Client.open(target.url);
    for (let n = 0; n < 10; n += 1) client.say({ n });
    await until(() => client.got.length === 3);
    const frames = client
      .texts()
      .map((text) => JSON.parse(as === "array" ? text : `[${text.replaceAll("\n", ",")}]`));
    const upTo = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, at) => ({ n: from + at }));
    expect(frames).toEqual([upTo(0, 4), upTo(4, 8), upTo(8, 10)]);
    const stats = await target.stats();
    expect(stats).toMatchObject({ messagesOut: 10 });
    expect(stats.bytesOut).toBe(client.texts().join("").length);
    expect(stats.conversation).toMatchObject({ batches: 3, batched: 10 });
  });
});

describe("ticks", () => {
  it("go to every subscriber of a symbol, numbered, until it leaves", async () => {
    target = await serve({ conversation: { ticks: { everyMs: 5 } } });
    const [one, two] = [await Client.open(target.url), await Client.open(target.url)];
    one.say({ type: "subscribe", id: 1, symbol: "ACME" });
    expect(await got(one, "subscribed")).toEqual({ type: "subscribed", id: 1, symbol: "ACME" });
    two.say({ type: "subscribe", symbol: "ACME" });
    await until(() => one.got.length > 20 && two.got.length > 20);
    await one.close();
    await two.close();
    await until(async () => (await target.stats()).open === 0);
    const ticksOf = (client: Client) => client.json().filter(({ type }) => type === "tick");
    const seqs = ticksOf(one).map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, at) => at + 1));
    const shared = ticksOf(two)[3];
    expect(ticksOf(one)).toContainEqual(shared);
    const { conversation } = await target.stats();
    expect(conversation.subscribed).toBe(2);
    expect(conversation.ticks).toBeGreaterThanOrEqual(ticksOf(one).length + ticksOf(two).length);
  });
});

describe("the events of an answer", () => {
  const PLAIN = [
    "agent_started",
    "agent_thinking",
    "tool_executing",
    "tool_completed",
    "agent_completed",
  ];

  async function answers(agent: object, more: number, count: string): Promise<string[][]> {
    const asks = 20;
    target = await serve({ agent: { tools: [1, 1], gap: 1, ...agent } });
    const client = await Client.open(target.url);
    for (let n = 0; n < asks; n += 1) client.say({ type: "ask", id: n });
    const total = PLAIN.length * asks + more;
    await until(() => client.got.length >= total, `${total} events`);
    const deeds = (await target.stats()).behaviours as Record<string, number>;
    const lists = Array.from({ length: asks }, (_, n) =>
      client
        .json()
        .filter(({ request_id }) => request_id === n)
        .map(({ type }) => String(type)),
    );
    // What is left out at the end is counted a gap later.
    const changed = lists.filter((list) => list.join() !== PLAIN.join()).length;
    expect(deeds[count]).toBeLessThanOrEqual(changed);
    return lists;
  }

  it.each([
    ["omit", {}, "eventsOmitted", PLAIN.toSpliced(1, 1)],
    ["omit", { event: "agent_completed" }, "eventsOmitted", PLAIN.slice(0, 4)],
    ["swap", {}, "eventsSwapped", [PLAIN[1], PLAIN[0], ...PLAIN.slice(2)]],
    ["repeat", { event: "agent_completed" }, "eventsRepeated", [...PLAIN, PLAIN[4]]],
    ["insert", {}, "eventsInserted", PLAIN.toSpliced(4, 0, "agent_surprised")],
  ])("are changed by %s %j exactly as often as it says", async (name, rule, count, expected) => {
    const lists = await answers(
      { [name]: { every: 3, count: 4, ...rule } },
      4 * (expected.length - PLAIN.length),
      count,
    );
    await until(async () => (await target.stats()).behaviours[count as "eventsOmitted"] === 4);
    expect(lists.map((list) => list.join())).toEqual(
      lists.map((_, n) => (n % 3 === 0 && n < 12 ? expected : PLAIN).join()),
    );
  });

  it("may come late", async () => {
    target = await serve({ agent: { tools: [0, 0], gap: 1, delay: { count: 1, byMs: 150 } } });
    const client = await Client.open(target.url);
    const askedMs = performance.now();
    client.say({ type: "ask", id: 0 });
    await until(() => client.got.length === 3);
    expect(client.got[2]!.atMs - askedMs).toBeGreaterThan(140);
    expect((await target.stats()).behaviours.eventsDelayed).toBe(1);
  });

  it("are left for a later answer when this one has not what the rule acts on", async () => {
    target = await serve({
      agent: { tools: [0, 3], gap: 1, omit: { count: 5, event: "tool_executing" } },
    });
    const client = await Client.open(target.url);
    for (let n = 0; n < 60; n += 1) client.say({ type: "ask", id: n });
    await until(() => client.json().filter(({ type }) => type === "agent_completed").length === 60);
    const times = (type: string) => client.json().filter((event) => event["type"] === type).length;
    expect(times("tool_completed") - times("tool_executing")).toBe(5);
    expect((await target.stats()).behaviours.eventsOmitted).toBe(5);
  });
});

it("repeats a message later, behind what came meanwhile", async () => {
  target = await serve({ reply: { duplicate: { count: 1, afterMs: 60 } } });
  const client = await Client.open(target.url);
  for (const text of ["one", "two", "three"]) client.socket.send(text);
  await until(() => client.got.length === 4);
  expect(client.texts()).toEqual(["one", "two", "three", "one"]);
  expect((await target.stats()).behaviours.duplicated).toBe(1);
});
