/** Goal: a connection's row says what a list of all that happened would say, whatever came before in its slot. */
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  codeOfGap,
  codeOfKind,
  codeOfReceived,
  codeOfSent,
  RECENT_EVENTS,
  recentEvents,
} from "../../../shared/wire/frame/recent-event.ts";
import { Activity } from "../../../worker/message/activity.ts";

interface Happening {
  readonly slot: number;
  readonly what: "sent" | "injected" | "received" | "ping" | "pong" | "token" | "reconnect";
  readonly afterMs: number;
  readonly name: number;
  readonly bytes: number;
}

const happening: fc.Arbitrary<Happening> = fc.record({
  slot: fc.nat(2),
  what: fc.constantFrom("sent", "injected", "received", "ping", "pong", "token", "reconnect"),
  afterMs: fc.oneof(fc.nat(10), fc.nat(100_000)),
  name: fc.nat(200),
  bytes: fc.oneof(fc.nat(2000), fc.nat(40_000)),
});

/** What is known of a slot, the plain way. */
function expected(list: readonly (Happening & { readonly atMs: number })[]) {
  const began = list.findLastIndex(({ what }) => what === "reconnect");
  const since = list.slice(began);
  const last = (...whats: string[]) =>
    since.findLast(({ what }) => whats.includes(what))?.atMs ?? null;
  const sent = since.filter(({ what }) => what === "sent" || what === "injected");
  const own = sent.at(-1)?.what === "sent" ? sent.at(-1) : undefined;
  const events = since.flatMap(({ what, name, bytes, atMs }) => {
    if (what === "sent") return [{ code: codeOfSent(name, bytes), atMs }];
    if (what === "injected") return [{ code: codeOfSent(65_535, bytes), atMs }];
    if (what === "received") return [{ code: codeOfReceived(bytes), atMs }];
    return what === "ping" || what === "pong" ? [{ code: codeOfKind(what), atMs }] : [];
  });
  return {
    times: {
      receivedMs: last("received", "pong"),
      sentMs: last("sent", "injected", "ping"),
      tokenMs: list.findLast(({ what }) => what === "token")?.atMs ?? null,
    },
    totals: {
      received: since.filter(({ what }) => what === "received").length,
      bytesSent: sent.reduce((sum, { bytes }) => sum + bytes, 0),
      lastBytes: sent.at(-1)?.bytes ?? 0,
      lastName: own?.name ?? -1,
    },
    recent: events
      .map(({ code, atMs }, at) => [
        code,
        codeOfGap(atMs - (events[at - 1]?.atMs ?? since[0]?.atMs ?? 0)),
      ])
      .slice(-RECENT_EVENTS)
      .flat(),
  };
}

it("says what a list of everything says", () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 120 }), (happenings) => {
      const activity = new Activity();
      const lists = [0, 1, 2].map((slot): (Happening & { atMs: number })[] => {
        // What another connection left behind in the slot.
        activity.begin(slot, 0, false);
        activity.sent(slot, 3, 5, 0);
        activity.authenticated(slot, 0);
        activity.begin(slot, 0, false);
        return [{ slot, what: "reconnect", afterMs: 0, name: 0, bytes: 0, atMs: 0 }];
      });
      let atMs = 0;
      for (const one of happenings) {
        atMs += one.afterMs;
        const { slot, what, name, bytes } = one;
        const nowUs = atMs * 1000 + 999;
        if (what === "sent") activity.sent(slot, name, bytes, nowUs);
        if (what === "injected") activity.injected(slot, bytes, nowUs);
        if (what === "received") activity.received(slot, bytes, nowUs);
        if (what === "ping") activity.pinged(slot, nowUs);
        if (what === "pong") activity.ponged(slot, nowUs);
        if (what === "token") activity.authenticated(slot, nowUs);
        if (what === "reconnect") activity.begin(slot, nowUs, true);
        lists[slot]?.push({ ...one, atMs });
      }
      activity.grow(5000);
      for (const [slot, list] of lists.entries()) {
        const { times, totals, recent } = expected(list);
        expect(activity.lastTimes(slot)).toEqual(times);
        expect(activity.totals(slot)).toEqual(totals);
        expect([...activity.recent(slot)]).toEqual(recent);
      }
    }),
    { numRuns: 200 },
  );
});

it("tells a time from its byte, a quarter too short at most, and a message from its code", () => {
  fc.assert(
    fc.property(fc.nat(4e9), fc.nat(200), fc.nat(40_000), (ms, name, bytes) => {
      const [event] = recentEvents(Uint8Array.of(codeOfSent(name, bytes), codeOfGap(ms)));
      expect(event?.gapMs).toBeLessThanOrEqual(ms);
      expect(event?.gapMs).toBeGreaterThanOrEqual(ms * 0.75);
      expect(event?.name).toBe(name < 73 ? name : -1);
      const size = bytes < 1024 ? "small" : bytes < 16_384 ? "medium" : "large";
      expect(event?.what).toBe(`sent-${size}`);
      const [received] = recentEvents(Uint8Array.of(codeOfReceived(bytes), 0));
      expect(received).toEqual({ what: `received-${size}`, name: -1, gapMs: 0 });
    }),
  );
});
