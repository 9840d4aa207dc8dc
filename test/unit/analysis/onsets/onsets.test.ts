/**
 * Goal: a cascade of timeouts, closes, reconnects and refused handshakes is told in its order, in every format, and a run in which nothing goes wrong
 * says nothing. Method: runs told second by second.
 */
import { expect, test } from "vitest";
import { onsetsOf } from "../../../../coordinator/analysis/onsets/onsets.ts";
import { buildReportModel } from "../../../../coordinator/report/model/model.ts";
import { renderText } from "../../../../coordinator/report/outputs.ts";
import { summarySchema } from "../../../../coordinator/report/summary-schema.ts";
import { foldOf, healthySeconds, type Told, type ToldFailure } from "../diagnosis/story.ts";

const SECONDS = 120;
const HEALTHY = { seconds: SECONDS, connections: 200, ramp: 2, rate: 1, medianUs: 8000 };

const healthy = (seed: number, correlation = 0.5) =>
  healthySeconds({ ...HEALTHY, seed, correlation, spread: 0.3 });

/** From second 60 on slow, from 66 on timeouts, from 75 on closes, from 80 on refused handshakes. */
function cascade(): Told[] {
  return healthy(4).map((told, second): Told => {
    const failures: ToldFailure[] = [...(told.failures ?? [])];
    if (second >= 66) failures.push({ kind: "reply-timeout", count: 20 });
    if (second >= 75) failures.push({ kind: "close-code", signature: "1011", count: 12 });
    if (second >= 80) failures.push({ kind: "upgrade-status", signature: "503", count: 30 });
    const latencyUs = told.latencyUs?.map((us) => (second < 60 ? us : 4 * us));
    const dropped = second >= 75 ? 12 : 0;
    return {
      ...told,
      failures,
      dropped,
      failed: second >= 80 ? 30 : 0,
      ...(latencyUs && { latencyUs }),
    };
  });
}

const names = (told: readonly Told[]) =>
  onsetsOf(foldOf(told, { connections: 200 })).map(({ subject, atUs, place }) => {
    const { what } = subject;
    const of = what === "failure" ? subject.kind : what === "latency" ? subject.message : "";
    return `${place} ${what} ${of} ${atUs / 1e6}`.trim();
  });

test("a cascade is told in its order", () => {
  expect(names(cascade())).toEqual([
    "1 latency say 60",
    "2 failure reply-timeout 66",
    "3 failure close-code 75",
    "4 failure upgrade-status 80",
  ]);
});

test("a run in which nothing goes wrong says nothing, and slowness alone is no failure", () => {
  for (const correlation of [0, 0.5, 0.8]) {
    for (let seed = 0; seed < 3; seed++) expect(names(healthy(seed * 10, correlation))).toEqual([]);
  }
  const slow = cascade().map((told): Told => ({ ...told, failures: [], dropped: 0, failed: 0 }));
  expect(names(slow)).toEqual([]);
});

test("failures that come again and again have their period", () => {
  const told = healthy(5).map((one, second): Told => {
    const isBurst = second >= 30 && second % 10 === 0;
    return isBurst ? { ...one, failures: [{ kind: "reply-timeout", count: 40 }] } : one;
  });
  const [first] = onsetsOf(foldOf(told, { connections: 200 }));
  expect(first?.atUs).toBe(30e6);
  expect(first?.period).toBeCloseTo(10, 0);
});

test("what begins within one second is told apart by its first moments", () => {
  const event = (kind: "close-code" | "upgrade-status", atUs: number) => ({
    ...{ kind, signature: kind === "close-code" ? "1011" : "503", weight: 1, atUs },
    ...{ connection: 1, attempt: 0, target: 0, role: 0, phase: 1, address: "", ageMs: 9 },
    ...{ source: "", servedBy: "" },
    ...{ idleRxMs: null, idleTxMs: null, tokenAgeMs: null, sent: 0, received: 0, bytesSent: 0 },
    ...{ open: 1, inFlight: 0, bufferedBytes: 0, lastName: -1, lastBytes: 0 },
    recent: new Uint8Array(),
  });
  const told = healthy(4).map((one, second): Told => {
    const failures: ToldFailure[] =
      second === 70
        ? [
            { kind: "upgrade-status", signature: "503", count: 60 },
            { kind: "close-code", signature: "1011", count: 60 },
          ]
        : [];
    const moments = [event("upgrade-status", 70_400_000), event("close-code", 70_200_000)];
    return { ...one, failures, dropped: 0, events: second === 70 ? moments : [] };
  });
  expect(names(told)).toEqual(["1 failure close-code 70.2", "2 failure upgrade-status 70.4"]);
});

test("is in every format, and absent where nothing failed", () => {
  const model = buildReportModel(foldOf(cascade(), { connections: 200 }), {
    ...{ scenarioText: null, notes: [] },
  });
  expect(summarySchema.safeParse(model.summary).error).toBeUndefined();
  expect(model.summary.onsets?.map(({ of }) => of)).toEqual([
    "say",
    "reply-timeout",
    "close-code",
    "upgrade-status",
  ]);
  for (const format of ["html", "md"] as const) {
    expect(renderText(format, model)).toContain("What failed first");
  }
  expect(renderText("csv", model)).toContain("onset,,1 latency say,at");
  const good = buildReportModel(foldOf(healthy(1), { connections: 200 }), {
    ...{ scenarioText: null, notes: [] },
  });
  expect(good.summary).not.toHaveProperty("onsets");
});
