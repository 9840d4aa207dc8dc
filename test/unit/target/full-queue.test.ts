/**
 * Goal: with no room for what is to happen later, nothing is said to have happened that has not. Method: the real replies
 * and the real part of a conversation, with a queue that takes nothing.
 */
import { expect, it } from "vitest";
import { DelayQueue } from "../../../target/behaviour/delay-queue.ts";
import { Replies } from "../../../target/behaviour/replies.ts";
import { Rules } from "../../../target/behaviour/rules.ts";
import { textFrame } from "../../../target/connection/frame.ts";
import type { Peer } from "../../../target/connection/peer.ts";
import { Peers } from "../../../target/connection/peers.ts";
import { Talk } from "../../../target/conversation/talk.ts";
import { token } from "../../../target/conversation/token.ts";
import { Stats } from "../../../target/stats.ts";
import { behaviourOf } from "./harness.ts";

it("a slow reply that leaves at once is no slow one", () => {
  const written: Buffer[] = [];
  const peer = {
    isOpen: true,
    muted: false,
    talk: null,
    held: null,
    nextReply: 0,
    sentUpTo: -1,
    lastDueUs: 0,
    unsentBytes: 0,
    messagesOut: 0,
    bytesOut: 0,
    write: (frame: Buffer) => written.push(frame),
  };
  const queue = new DelayQueue();
  queue.push = () => false;
  const behaviour = behaviourOf({ reply: { slow: { every: 1, byMs: 1000 } } });
  const rules = new Rules(behaviour, { index: 0, count: 1 }, 0);
  const context = { stats: new Stats(), queue, peers: new Peers(), rules };
  new Replies(context).send(peer as unknown as Peer, "echo", textFrame("x"));
  expect(written.length).toBe(1);
  expect(context.stats.behaviours).toMatchObject({ slowed: 0, delayOverflow: 1 });
});

it("a token is not over before its time", () => {
  const talk = new Talk();
  talk.untilMs = 60_000;
  const closed: string[] = [];
  const hands = {
    nowMs: () => 0,
    count: () => {},
    later: (_: number, act: () => void) => act(),
    close: (_: Peer, __: number | null, reason: string) => closed.push(reason),
  };
  const peer = { isOpen: true, talk } as unknown as Peer;
  token.opened?.(peer, { code: 4401 } as never, hands as never);
  expect(closed).toEqual([]);
});
