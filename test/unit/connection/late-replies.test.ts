import { describe, expect, it } from "vitest";
import { ONE_REPLY } from "../../../shared/scenario/defaults.ts";
import type { StrictMessage } from "../../../shared/scenario/strict.ts";
import { MAX_TRIED, REMEMBERED_US } from "../../../worker/message/reply-search.ts";
import { Correlation } from "../../support/correlation.ts";
import { echoMessage } from "../../support/scenario.ts";

const MS = 1000;
/** Histograms have three digits. */
const inMs = (us: number) => Math.round(us / MS);
const within = { ...ONE_REPLY, withinUs: 500 * MS };

/** Ways to expect a reply that does not say which message it answers, and one that does. */
const next = echoMessage({
  send: { kind: "text", text: "ping {{seq}}" },
  reply: { match: "next", ...within },
});
const sameText = echoMessage({
  send: { kind: "text", text: "ping" },
  reply: { match: "echo", ...within },
});
const anyAck = echoMessage({
  send: { kind: "text", text: "{}" },
  reply: { match: "where", where: "m.type == 'ack'", ...within },
});
const ackOfRoom = echoMessage({
  send: { kind: "json", value: { room: "lobby", id: "{{seq}}" } },
  reply: { match: "where", where: "m.type == 'ack' && m.room == sent.room", ...within },
});
const shortBinary = echoMessage({
  send: { kind: "binary", sizes: [8], fill: "zero" },
  reply: { match: "echo", ...within },
});
const ackOfId = echoMessage({
  send: { kind: "json", value: { id: "{{seq}}" } },
  reply: { match: "where", where: "m.type == 'ack' && m.id == sent.id", ...within },
});

const WITHOUT_IDENTITY: [string, StrictMessage, (sent: Buffer) => Buffer | string][] = [
  ["the next message", next, () => "pong"],
  ["an echo of equal text", sameText, () => "ping"],
  ["an expression that fits every message", anyAck, () => '{"type":"ack"}'],
  ["an expression that fits several", ackOfRoom, () => '{"type":"ack","room":"lobby"}'],
  ["an echo with no room for a stamp", shortBinary, (sent) => sent],
];

describe.each(WITHOUT_IDENTITY)("a reply without identity: %s", (_, message, replyTo) => {
  it("that is always late is never another message's, whatever the interval", () => {
    for (const intervalMs of [100, 300, 700, 1000, 1190]) {
      const run = new Correlation([message]);
      const replies: { atUs: number; payload: Buffer | string }[] = [];
      for (let sent = 0; sent < 30; sent++) {
        const dueUs = sent * intervalMs * MS;
        for (; (replies[0]?.atUs ?? Number.POSITIVE_INFINITY) <= dueUs; replies.shift()) {
          run.at(replies[0]?.atUs ?? 0);
          run.receive(replies[0]?.payload ?? "");
        }
        run.at(dueUs);
        replies.push({ atUs: dueUs + 1200 * MS, payload: replyTo(run.send()) });
      }
      for (const { atUs, payload } of replies) {
        run.at(atUs);
        run.receive(payload);
      }
      const { counts, service } = run.cut();
      expect(counts).toMatchObject({ expected: 30, timedOut: 30, late: 30, received: 30 });
      expect(counts.matched).toBeUndefined();
      expect(service.count).toBe(0);
    }
  });

  it("that never comes makes those after it ambiguous: no time is recorded, and they are counted", () => {
    const run = new Correlation([message]);
    for (let second = 0; second < 10; second++) {
      run.at(second * 1000 * MS);
      const sent = run.send();
      if (second === 4) continue;
      run.at(second * 1000 * MS + 10 * MS);
      run.receive(replyTo(sent));
    }
    run.at(20_000 * MS);
    const { counts, service } = run.cut();
    // Four before it; each after it may be the late reply of the one before as well.
    expect(counts).toMatchObject({ expected: 10, matched: 4, timedOut: 6, late: 5, ambiguous: 5 });
    expect([service.count, inMs(service.max)]).toEqual([4, 10]);
    expect(run.conversation(0).told.map(({ kind }) => kind)).toEqual(
      Array(6).fill("reply-timeout"),
    );
  });

  it("that never comes is given up after a minute, and then others count again", () => {
    const run = new Correlation([message]);
    run.send();
    const deadlineUs = 500 * MS;
    run.at(deadlineUs);
    run.at(deadlineUs + REMEMBERED_US + 1);
    const sent = run.send();
    run.at(deadlineUs + REMEMBERED_US + 30 * MS);
    run.receive(replyTo(sent));
    // What nothing waits for is the old one's after all.
    run.receive(replyTo(sent));
    const { counts } = run.cut();
    expect(counts).toMatchObject({ timedOut: 1, matched: 1, late: 1 });
    expect(counts.ambiguous).toBeUndefined();
  });

  it("that a pause held back is late, and the newest is matched when all have come", () => {
    const run = new Correlation([message]);
    const payloads = [0, 400, 800].map((atMs) => {
      run.at(atMs * MS);
      return replyTo(run.send());
    });
    run.at(1000 * MS);
    for (const payload of payloads) run.receive(payload);
    const { counts, service } = run.cut();
    expect(counts).toMatchObject({ timedOut: 2, late: 2, ambiguous: 2, matched: 1 });
    expect([inMs(service.min), inMs(service.max)]).toEqual([200, 200]);
  });

  it("of another connection of the same user is nobody's", () => {
    const run = new Correlation([message]);
    run.send();
    run.at(600 * MS);
    run.end();
    run.at(700 * MS);
    const sent = run.send();
    run.at(710 * MS);
    run.receive(replyTo(sent));
    const { counts, service } = run.cut();
    expect(counts).toMatchObject({ timedOut: 1, lost: 1, matched: 1 });
    expect([counts.late, counts.ambiguous, inMs(service.max)]).toEqual([undefined, undefined, 10]);
  });
});

describe("a reply with an identity", () => {
  it("is its own message's, late or not, whatever waits beside it", () => {
    const run = new Correlation([ackOfId]);
    run.send();
    run.at(1000 * MS);
    run.send();
    run.at(1010 * MS);
    run.receive('{"type":"ack","id":0}');
    run.receive('{"type":"ack","id":1}');
    const { counts, service } = run.cut();
    expect(counts).toMatchObject({ timedOut: 1, late: 1, matched: 1 });
    expect(counts.ambiguous).toBeUndefined();
    expect(inMs(service.max)).toBe(10);
  });

  it("is found behind any number of messages that were never answered", () => {
    const run = new Correlation([ackOfId]);
    for (let lost = 0; lost < 3 * MAX_TRIED; lost++) run.send();
    run.at(1000 * MS);
    run.send();
    run.at(1010 * MS);
    run.receive(`{"type":"ack","id":${3 * MAX_TRIED}}`);
    run.receive(`{"type":"ack","id":${2 * MAX_TRIED}}`);
    expect(run.cut().counts).toMatchObject({ matched: 1, late: 1, timedOut: 3 * MAX_TRIED });
  });
});

describe("a deadline", () => {
  it("holds for a reply that comes before the engine looks", () => {
    const run = new Correlation([echoMessage({ reply: { match: "echo", ...within } })]);
    const [onTime, tooLate] = [run.send(), run.send()];
    run.nowUs = 500 * MS - 1;
    run.receive(onTime);
    run.nowUs = 500 * MS;
    run.receive(tooLate);
    run.at(600 * MS);
    const { counts, service } = run.cut();
    expect(counts).toMatchObject({ matched: 1, timedOut: 1, late: 1 });
    expect(inMs(service.max)).toBe(500);
    expect(run.conversation(0).pendingHead).toBe(-1);
  });
});
