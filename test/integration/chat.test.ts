/**
 * Goal: a chat as its clients use it (welcome, login with its nonce, join, say, lurkers, application pings, logout) is loaded
 * from one file, and everything the report counts is what the service counted, wherever the connections run. Method: the bundled
 * target as the oracle.
 */
import { describe, expect } from "vitest";
import { itIsCountedEverywhere } from "../support/everywhere.ts";

describe("a chat with logins, talkers and lurkers", () => {
  itIsCountedEverywhere("chat.yaml", ({ messages, push, roles, integrity }, stats) => {
    const talk = stats["conversation"] as Record<string, number>;
    const { welcome, login, join: joined, logout, say, pong } = messages.byName;
    expect(welcome?.arrived).toBe(talk["welcomes"]);
    expect(login?.matched).toBe(talk["logins"]);
    expect(joined?.matched).toBe(stats["joins"]);
    expect(logout?.matched).toBe(talk["logouts"]);
    expect(say?.matched).toBe(stats["says"]);
    expect(pong?.sent).toBe(talk["appPongs"]);
    expect(messages.unsolicited).toBe(0);
    const said = push["said"];
    const others = [welcome?.arrived, messages.matched, talk["appPings"]];
    const notSaid = others.reduce<number>((sum, count) => sum + (count ?? 0), 0);
    expect(said?.received).toBe(stats.messagesOut - notSaid);
    expect(said?.reach).toMatchObject({ messages: stats["says"], missed: 0 });
    expect(integrity?.order).toMatchObject({ audited: said?.received, missing: 0, repeated: 0 });
    expect(roles?.["talker"]?.connections.indices).toBe(10);
    expect(roles?.["lurker"]?.connections.indices).toBe(90);
  });
});
