/** Goal: which failures and connections are kept does not depend on the order of frames, is bounded, and stands for all. */
import { expect, test } from "vitest";
import { FailureEvents } from "../../../coordinator/merge/evidence/failure-events.ts";
import type { ControlSample, FailureEvent } from "../../../shared/wire/frame/failure-event.ts";
import { codeOfKind, codeOfSent } from "../../../shared/wire/frame/recent-event.ts";
import { SyntheticEngine } from "./synthetic-run.ts";

const FACTS = { seconds: 320, phases: 3, openAt: (second: number) => second * 10 };

function control(second: number, connection: number): ControlSample {
  return {
    ...{ atUs: second * 1_000_000, connection, attempt: 1, target: 0, role: 0, phase: 1 },
    ...{ source: "", servedBy: "" },
    ...{ address: "::1", ageMs: 5000, idleRxMs: null, idleTxMs: 10, tokenAgeMs: null, sent: 3 },
    ...{ received: 3, bytesSent: 90, open: 5, inFlight: 1, bufferedBytes: 0, lastName: 2 },
    ...{ lastBytes: 30, recent: Uint8Array.of(codeOfKind("open"), 0, codeOfSent(2, 30), 4) },
    weight: 2,
  };
}

function event(second: number, connection: number): FailureEvent {
  return { ...control(second, connection), kind: "close-code", signature: "1012", weight: 1.5 };
}

const frames = Array.from({ length: 160 }, (_, second) =>
  new SyntheticEngine().build({
    second,
    // A storm in one stretch of time, one failure in each second elsewhere.
    events: Array.from({ length: second >= 100 && second < 105 ? 500 : 1 }, (_, at) =>
      event(second, at),
    ),
    controls: [control(second, second), control(second, second + 1)],
  }),
);

function filled(order: readonly number[]): FailureEvents {
  const events = new FailureEvents(FACTS);
  for (const seq of order) {
    const frame = frames[seq];
    if (frame) events.addFrame(1 + (seq % 3), seq, frame);
  }
  return events;
}

const forwards = [...frames.keys()];

test("in any order the same are kept; a storm in one stretch leaves the others alone", () => {
  const failures = filled(forwards).failures();
  const controls = filled(forwards).controls();
  for (const order of [forwards.toReversed(), forwards.toSorted((a, b) => (a % 17) - (b % 17))]) {
    expect(filled(order).failures()).toEqual(failures);
    expect(filled(order).controls()).toEqual(controls);
  }
  const calm = failures.filter(({ weight }) => weight === 1.5);
  expect(calm.length).toBe(155);
  const storm = failures.filter(({ weight }) => weight > 1.5);
  expect(storm.length).toBeLessThanOrEqual(100);
  const estimate = storm.reduce((sum, { weight }) => sum + weight, 0);
  // About 78 of 2500 are kept, each with the same chance: five standard deviations.
  expect(Math.abs(estimate / (2500 * 1.5) - 1)).toBeLessThan(5 / Math.sqrt(60));
  expect(controls.reduce((sum, { weight }) => sum + weight, 0)).toBe(160 * 4);
});

test("a failure comes with what only the run knows, and its last events in words", () => {
  const events = new FailureEvents(FACTS);
  const injected = { ...event(12, 7), kind: "injected" as const, phase: 4 };
  events.addFrame(
    9,
    0,
    new SyntheticEngine().build({ second: 12, events: [event(12, 6), injected] }),
  );
  expect(events.failures()).toMatchObject([
    {
      ...{ connection: 6, worker: 9, phase: 1, isInjected: false, openInCluster: 120 },
      ...{ kind: "close-code", stage: "close", initiator: "server", idleTxMs: 10, weight: 1.5 },
      recent: [
        { what: "open", name: -1, gapMs: 0 },
        { what: "sent-small", name: 2, gapMs: 4 },
      ],
    },
    { connection: 7, phase: 1, isInjected: true, initiator: "tool" },
  ]);
});
