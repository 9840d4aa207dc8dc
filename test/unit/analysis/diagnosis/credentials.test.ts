/**
 * Goal: closes of connections that have just opened are about credentials where they say so, and it is said how many others were kept. Method:
 * runs told second by second, with the events of their closes.
 */
import { expect, test } from "vitest";
import { diagnose } from "../../../../coordinator/analysis/diagnosis/rank.ts";
import { DETECTORS } from "../../../../coordinator/analysis/diagnosis/registry.ts";
import { Signals } from "../../../../coordinator/analysis/diagnosis/signals.ts";
import { foldOf, healthySeconds, momentAt, type Told } from "./story.ts";

const SECONDS = [6, 8, 10, 12, 14, 16];

/** Of so many connections, in each of six seconds one for each of these reasons is closed as soon as it has opened. */
function found(connections: number, ...signatures: readonly string[]) {
  const load = { seed: 3, seconds: 25, connections, ramp: 4, rate: 0.1 };
  const told = healthySeconds({ ...load, medianUs: 3000, correlation: 0.5, spread: 0.4 });
  const fold = foldOf(
    told.map(({ failures: _, dropped: _1, lifetimeUs: _2, ...rest }, second): Told => {
      if (!SECONDS.includes(second)) return rest;
      return {
        ...{ ...rest, dropped: signatures.length, lifetimeUs: signatures.map(() => 15_000) },
        failures: signatures.map((signature) => ({ kind: "close-code", signature, count: 1 })),
        events: signatures.map((signature, at) => ({
          ...momentAt(second, { connection: 1000 * second + at, ageMs: 15, sent: 0 }),
          ...{ kind: "close-code" as const, signature, weight: 1 },
        })),
      };
    }),
    { connections, ramp: 4 },
  );
  return diagnose(new Signals(fold), DETECTORS).filter(({ cause }) => cause === "not-authorised");
}

test.each([
  "4001 bad token",
  "4401 Unauthorized",
  "1008 invalid credentials",
  "4002 jwt expired",
  "3000 who are you",
])("%s is about credentials", (signature) => {
  expect(found(200, signature)).toMatchObject([{ confidence: "likely" }]);
});

test.each(["4009 session open elsewhere", "4010 session limit", "1008 Unexpected token < in JSON"])(
  "%s is not",
  (signature) => {
    expect(found(200, signature)).toEqual([]);
  },
);

test("a reason of others with another code of the application does not speak for all", () => {
  expect(found(200, "4009 replaced", "4010 full", "4011 full", "4001 bad token")).toEqual([]);
});

test("of less than a hundredth of the connections it is possible, and the others are told", () => {
  const [one] = found(1000, "4001 bad token");
  expect(one).toMatchObject({ cause: "not-authorised", confidence: "possible" });
  expect(one?.against.join()).toContain("994 other connections");
});
