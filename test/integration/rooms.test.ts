/**
 * Goal: rooms in which everybody speaks and everybody hears: deliveries, their order and their owners are what the service
 * counted, wherever the connections run. Method: fixtures/rooms.yaml, the bundled target as the oracle.
 */
import { describe, expect } from "vitest";
import { itIsCountedEverywhere } from "../support/everywhere.ts";

describe("rooms in which everybody speaks", () => {
  itIsCountedEverywhere("rooms.yaml", ({ messages, push, integrity }, stats) => {
    const { joined, say } = messages.byName;
    const says = stats["says"] as number;
    expect(joined).toMatchObject({ completed: stats["joins"], failed: 0 });
    expect(say).toMatchObject({ sent: says, matched: says });
    const { said } = push;
    expect(said?.received).toBe(stats.messagesOut - (stats["joins"] as number) - says);
    expect(said?.received).toBeGreaterThan(20 * says);
    expect(said?.scopes.top.map(({ scope }) => scope).sort()).toEqual(
      [...Array(8).keys()].map((room) => `room-${room}`),
    );
    expect(said?.scopes.top.reduce((sum, { received }) => sum + received, 0)).toBe(said?.received);
    expect(integrity?.order).toMatchObject({ audited: said?.received, missing: 0, repeated: 0 });
    // A joined message names its room, too.
    const judged = (said?.received ?? 0) + (stats["joins"] as number);
    expect(integrity?.isolation?.owner).toMatchObject({ judged, upperBound: 3 / judged });
    expect(messages).toMatchObject({ lost: 0, duplicated: 0, reordered: 0, leaked: 0 });
    expect(messages.unsolicited).toBe(0);
  });
});
