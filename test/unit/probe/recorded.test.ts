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
    for (const events of [CHAT, texts, frames([true, "same"], [false, "same"]), []]) {
      const checked = parseScenario(recordedScenario("ws://127.0.0.1:1/", events), CONTEXT);
      expect(checked.ok ? [] : checked.issues).toEqual([]);
    }
  });
});
