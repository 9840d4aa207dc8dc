/** Goal: of many failures each has the same chance to be kept, and the weights of those kept add up to all there were. */
import { expect, it } from "vitest";
import { TargetText } from "../../../shared/scenario/mask/target-text.ts";
import { EVENT_LIMITS } from "../../../shared/wire/frame/failure-event.ts";
import { FailureEvents, Part } from "../../../worker/record/failure-events.ts";

const moment = {
  ...{ atUs: 0, connection: 0, attempt: 0, target: 0, role: 0, phase: 0, address: "::1" },
  ...{ source: "", servedBy: "" },
  ...{ ageMs: null, idleRxMs: null, idleTxMs: null, tokenAgeMs: null, sent: 0, received: 0 },
  ...{ bytesSent: 0, open: 0, inFlight: 0, bufferedBytes: 0, lastName: -1, lastBytes: 0 },
  recent: new Uint8Array(),
};

function offer(events: FailureEvents, part: Part, connection: number, signature = "end"): void {
  const place = events.place(part);
  if (place < 0) return;
  events.put(part, place, { ...moment, connection, kind: "abnormal-close", signature });
}

it("keeps all where there is room, connections and messages apart, with text made harmless", () => {
  const events = new FailureEvents(new TargetText(["hunter2"]), 1);
  offer(events, Part.connection, 1, "no\u0007 hunter2");
  for (let at = 0; at < 10_000; at++) offer(events, Part.message, 2);
  events.compare([{ ...moment, servedBy: "hunter2\u0007", weight: 5 }]);
  const cut = events.cut();
  expect(cut.events[0]).toEqual({
    ...{ ...moment, connection: 1, kind: "abnormal-close", weight: 1 },
    signature: "no\\u{7} ***",
  });
  expect(cut.events).toHaveLength(1 + EVENT_LIMITS.messages);
  expect(cut.events[1]?.weight).toBe(10_000 / EVENT_LIMITS.messages);
  expect(cut.controls).toEqual([{ ...moment, servedBy: "***\\u{7}", weight: 5 }]);
  expect(events.cut()).toEqual({ events: [], controls: [] });
});

it("early and late failures of a second are kept alike", () => {
  const events = new FailureEvents(new TargetText(), 7);
  const offered = 400;
  const rounds = 60;
  let early = 0;
  let sum = 0;
  for (let round = 0; round < rounds; round++) {
    for (let at = 0; at < offered; at++) offer(events, Part.connection, at);
    const kept = events.cut().events;
    early += kept.filter(({ connection }) => connection < offered / 2).length;
    sum += kept.reduce((total, { weight }) => total + weight, 0);
  }
  const all = rounds * EVENT_LIMITS.connections;
  // Five standard deviations of a fair coin.
  expect(Math.abs(early - all / 2)).toBeLessThan(2.5 * Math.sqrt(all));
  expect(sum).toBeCloseTo(rounds * offered);
});
