/**
 * Goal: what is recorded is a valid scenario that says what was seen: greeting, messages with their replies, what was pushed,
 * pings. Method: events as a probe has them; the scenario checks of the program judge the result.
 */
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { recordedScenario } from "../../../coordinator/probe/recorded.ts";
import { parseScenario } from "../../../shared/scenario/parse.ts";
import type { TraceEvent } from "../../../shared/wire/trace.ts";

function frames(
  ...list: readonly (readonly [sent: boolean, what: string | object])[]
): TraceEvent[] {
  return list.map(([sent, what], at) => {
    const text = typeof what === "string" ? what : JSON.stringify(what);
    return { type: "frame", atUs: at, sent, kind: "text", size: text.length, text, name: null };
  });
}

const CONTEXT = {
  fileName: "recorded.yaml",
  env: {},
  readFile: () => {
    throw new Error("names no file");
  },
};

const CHAT = frames(
  [false, { type: "welcome", nonce: "abc" }],
  [true, { type: "login", nonce: "abc", user: "ann" }],
  [false, { type: "ok", user: "ann" }],
  [true, { type: "say", id: "x1", room: "lobby", text: "hi {{you}}" }],
  [false, { type: "said", room: "lobby", ts: 1 }],
  [false, { type: "ack", id: "x1" }],
  [false, { type: "ping", id: 3 }],
);

describe("a recorded scenario", () => {
  it("expects the greeting, and each message's reply by its id or its kind", () => {
    const made = parse(recordedScenario("ws://127.0.0.1:1/", CHAT));
    expect(made.flow.open).toEqual([
      {
        expect: {
          name: "welcome",
          where: 'm.type == "welcome"',
          within: "5s",
          capture: { nonce: "m.nonce" },
        },
      },
      {
        send: {
          name: "login",
          json: { type: "login", nonce: "{{conn.nonce}}", user: "ann" },
          reply: { where: 'm.type == "ok"', within: "5s" },
        },
      },
      {
        send: {
          name: "say",
          json: { type: "say", id: "{{uuid}}", room: "lobby", text: "hi {{{{you}}" },
          reply: { where: 'm.type == "ack" && m.id == sent.id', within: "5s" },
        },
      },
    ]);
    expect(made.listen).toEqual([
      { name: "on-said", where: 'm.type == "said"', sentAt: "m.ts", scope: "m.room" },
    ]);
    expect(made.answers).toEqual([
      {
        name: "pong",
        where: 'm.type == "ping"',
        send: { json: { type: "pong", id: "{{m.id}}" } },
      },
    ]);
  });

  it("is a scenario that passes the checks, of text, too", () => {
    const texts = frames(
      [false, "WELCOME abc"],
      [true, "ECHO 1 hi"],
      [false, "ACK 1 hi"],
      [false, "NEWS x"],
    );
    const clash = frames(
      ...([
        [false, { type: "hello" }],
        [true, { type: "hello" }],
        [false, { type: "hello" }],
      ] as const),
      ...([
        [false, { type: "ping" }],
        [true, { type: "pong" }],
        [true, { type: "pong2" }],
      ] as const),
    );
    for (const events of [CHAT, texts, clash, frames([true, "same"], [false, "same"]), []]) {
      const checked = parseScenario(recordedScenario("ws://127.0.0.1:1/", events), CONTEXT);
      expect(checked.ok ? [] : checked.issues).toEqual([]);
    }
  });

  it("does not take a number that is equal by chance for an id", () => {
    const events = frames(
      [true, { type: "say", id: 1, room: "a", text: "hi" }],
      [false, { type: "said", room: "a", seq: 1, ts: 5 }],
      [false, { type: "ack", id: 1 }],
    );
    const { flow, listen } = parse(recordedScenario("ws://127.0.0.1:1/", events));
    expect(flow.open[0].send.reply.where).toBe('m.type == "ack" && m.id == sent.id');
    expect(listen).toMatchObject([{ name: "on-said" }]);
  });

  it("tells lines of text by their first word, also beside JSON", () => {
    const lines = frames([true, "JOIN 1 a"], [false, "ACK 1"], [false, "SAID a ben 1 hi"]);
    const text = parse(recordedScenario("ws://127.0.0.1:1/", lines));
    expect(text.incoming).toEqual({ parse: "text" });
    expect(text.flow.open).toEqual([
      {
        send: {
          name: "JOIN",
          text: "JOIN 1 a",
          reply: { where: 'text.startsWith("ACK")', within: "5s" },
        },
      },
    ]);
    expect(text.listen).toEqual([{ name: "on-SAID", where: 'text.startsWith("SAID")' }]);
    const mixed = frames([false, { type: "hello" }], [true, "JOIN 1 a"], [false, "ACK 1"]);
    expect(parse(recordedScenario("ws://127.0.0.1:1/", mixed)).incoming).toBeUndefined();
  });

  it("connects as the probe did, without what was masked", () => {
    const head = (line: string): TraceEvent => ({ type: "head", atUs: 0, sent: true, line });
    const events = [
      head("GET /chat?user=ann HTTP/1.1"),
      head("Host: 127.0.0.1:1"),
      head("Sec-WebSocket-Protocol: chat.v2, bearer"),
      head("x-user: ann {{1}}"),
      head("authorization: Bearer ***"),
      ...CHAT,
    ];
    const made = recordedScenario("ws://127.0.0.1:1/chat?user={{data.users.name}}", events);
    expect(parse(made)).toMatchObject({
      target: "ws://127.0.0.1:1/chat?user=ann",
      connect: { subprotocols: ["chat.v2", "bearer"], headers: { "x-user": "ann {{{{1}}" } },
    });
    const checked = parseScenario(made, CONTEXT);
    expect(checked.ok ? [] : checked.issues).toEqual([]);
  });
});
