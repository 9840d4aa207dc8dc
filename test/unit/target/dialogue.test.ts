/**
 * Goal: rooms and the agent say what the contract says, to whom it says. Method: a target in this
 * process with ws clients; the byte check of texts against JSON.parse as its law.
 */
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import type { ToldAnswer } from "../../../target/dialogue/answer-log.ts";
import { maySpeak } from "../../../target/dialogue/recognise.ts";
import { Client, type Served, serve, until } from "./harness.ts";

describe("recognise", () => {
  const check = (text: string): boolean => {
    const bytes = Buffer.from(`..${text}..`);
    return maySpeak(bytes, 2, bytes.length - 2);
  };

  it("never says no to a join, say or ask, however it was written", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("join", "say", "ask"),
        fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 4 }),
        fc.nat(4),
        fc.constantFrom(undefined, 1, "\t", "  "),
        (type, others, place, indent) => {
          const entries = Object.entries(others).filter(([key]) => key !== "type");
          entries.splice(place, 0, ["type", type]);
          const text = JSON.stringify(Object.fromEntries(entries), null, indent);
          expect(check(text)).toBe(true);
        },
      ),
    );
    expect(check('{"type": "join", "room": "x"}')).toBe(true);
  });

  it("says no to what has no such type", () => {
    for (const text of [
      '{"type":"tick"}',
      '{"type":"joined"}',
      '{"typ":"join"}',
      "{}",
      '{"a":"type"}',
    ]) {
      expect(check(text)).toBe(false);
    }
  });
});

describe("dialogue", () => {
  let target: Served;
  afterEach(() => target.stop());

  it("joins, acknowledges and tells every member, and nobody else", async () => {
    target = await serve();
    const [ann, ben, eve] = [
      await Client.open(target.url),
      await Client.open(target.url),
      await Client.open(target.url),
    ];
    ann.say({ type: "join", room: "lobby", user: "ann" });
    ben.say({ type: "join", room: "lobby" });
    eve.say({ type: "join", room: "attic" });
    await until(() => [ann, ben, eve].every((client) => client.got.length === 1));
    expect(ann.json()[0]).toEqual({ type: "joined", room: "lobby" });
    for (let n = 1; n <= 3; n += 1)
      ann.say({ type: "say", id: `a${n}`, room: "lobby", text: `hi ${n}` });
    await until(() => ann.got.length === 7 && ben.got.length === 4);
    const acks = ann.json().filter(({ type }) => type === "ack");
    expect(acks).toEqual([1, 2, 3].map((n) => ({ type: "ack", id: `a${n}` })));
    const said = ben.json().slice(1);
    expect(said.map(({ ts: _, ...rest }) => rest)).toEqual(
      [1, 2, 3].map((n) => ({ type: "said", room: "lobby", from: "ann", seq: n, text: `hi ${n}` })),
    );
    expect(
      said.every(({ ts }) => typeof ts === "number" && Math.abs(ts - Date.now()) < 60_000),
    ).toBe(true);
    expect(eve.got.length).toBe(1);
    const stats = await target.stats("?perRoom=1");
    expect(stats).toMatchObject({ joins: 3, says: 3, messagesIn: 6, messagesOut: 3 + 3 + 6 });
    expect(stats["rooms"]).toContainEqual({ room: "lobby", members: 2, said: 3, delivered: 6 });
    await ben.close();
    await until(async () => (await target.stats()).open === 2);
    expect((await target.stats("?perRoom=1"))["rooms"]).toContainEqual(
      expect.objectContaining({ room: "lobby", members: 1 }),
    );
  });

  it("leaks a room's message only to somebody who is not in it", async () => {
    target = await serve({ reply: { leak: { of: ["said"], count: 2 } } });
    const clients = await Promise.all([0, 1, 2].map(() => Client.open(target.url)));
    for (const [n, client] of clients.entries())
      client.say({ type: "join", room: n < 2 ? "in" : "out" });
    await until(() => clients.every(({ got }) => got.length === 1));
    for (let n = 0; n < 3; n += 1)
      clients[0]?.say({ type: "say", id: n, room: "in", text: "secret" });
    await until(() => clients[1]?.got.length === 4 && clients[2]?.got.length === 3);
    expect(
      clients[2]
        ?.json()
        .slice(1)
        .every(({ room }) => room === "in"),
    ).toBe(true);
    expect((await target.stats()).behaviours.leaked).toBe(2);
  });

  it("answers ask with the agent's events, in order", async () => {
    target = await serve({ agent: { tools: [0, 4], gap: { uniformMs: [0, 3] } } });
    const client = await Client.open(target.url);
    for (let n = 0; n < 30; n += 1) client.say({ type: "ask", id: `q${n}`, user: "u1" });
    const of = (n: number): Record<string, unknown>[] =>
      client.json().filter((event) => event["request_id"] === `q${n}`);
    await until(() => client.json().filter(({ type }) => type === "agent_completed").length === 30);
    const tools = new Set<number>();
    for (let n = 0; n < 30; n += 1) {
      const events = of(n);
      const count = events.filter(({ type }) => type === "tool_executing").length;
      tools.add(count);
      expect(events.map(({ type }) => type)).toEqual([
        "agent_started",
        "agent_thinking",
        ...new Array(count).fill("tool_executing"),
        ...new Array(count).fill("tool_completed"),
        "agent_completed",
      ]);
      expect(events.every(({ user, ts }) => user === "u1" && typeof ts === "number")).toBe(true);
    }
    expect(tools).toEqual(new Set([0, 1, 2, 3, 4]));
    const stats = await target.stats("?perAnswer=1");
    expect(stats).toMatchObject({ asks: 30, answers: [] });
    await client.close();
  });

  it("keeps a log of answers where it is wanted: what was done, and when each event was really told", async () => {
    target = await serve({
      agent: {
        log: true,
        tools: [0, 0],
        gap: 5,
        omit: { count: 1 },
        delay: { count: 1, byMs: 40 },
      },
    });
    const client = await Client.open(target.url);
    const leaver = await Client.open(target.url);
    for (const id of ["a", "b", "c"]) client.say({ type: "ask", id });
    client.say({ type: "ask", id: 4 });
    await until(() => client.json().filter(({ type }) => type === "agent_completed").length === 4);
    await fetch(`${target.httpUrl}/behaviour`, {
      method: "PUT",
      body: JSON.stringify({ agent: { log: true, gap: 50 } }),
    });
    leaver.say({ type: "ask", id: "gone" });
    await until(() => leaver.got.length === 1);
    await leaver.close();
    const listed = async () => {
      const { answers } = await target.stats("?perAnswer=1");
      return new Map((answers as ToldAnswer[]).map((answer) => [answer.id, answer]));
    };
    await until(async () => (await listed()).has("gone"));
    const answers = await listed();
    const typesOf = (id: string | null) => answers.get(id)?.events.map(([type]) => type);
    expect(answers.get("a")).toMatchObject({ deed: "eventsOmitted", cut: false });
    expect(typesOf("a")).toEqual(["agent_started", "agent_completed"]);
    expect(answers.get("b")).toMatchObject({ deed: "eventsDelayed", cut: false });
    for (const id of ["c", null]) {
      expect(answers.get(id)).toMatchObject({ deed: null, cut: false });
      expect(typesOf(id)).toEqual(["agent_started", "agent_thinking", "agent_completed"]);
    }
    expect(answers.get("gone")).toMatchObject({ connection: 2, deed: null, cut: true });
    expect(typesOf("gone")).toEqual(["agent_started"]);
    const [, thinking = ["", 0], completed = ["", 0]] = answers.get("b")?.events ?? [];
    expect(thinking[1]).toBeGreaterThanOrEqual(5);
    expect(completed[1] - thinking[1]).toBeGreaterThanOrEqual(44.9);
    expect(answers.get("b")?.tookMs).toBe(completed[1]);
    await fetch(`${target.httpUrl}/stats/reset`, { method: "POST" });
    expect((await listed()).size).toBe(0);
    await client.close();
  });
});
