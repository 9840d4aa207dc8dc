/**
 * Goal: what connections had just sent before they ended is found, and only where healthy ones differ; large messages that vanish are told
 * from a handler that fails. Method: runs told second by second, with seeded samples of failures and healthy connections.
 */
import { describe, expect, test } from "vitest";
import { diagnose } from "../../../../coordinator/analysis/diagnosis/rank.ts";
import { DETECTORS } from "../../../../coordinator/analysis/diagnosis/registry.ts";
import { Signals } from "../../../../coordinator/analysis/diagnosis/signals.ts";
import { drawUnit, Stream } from "../../../../shared/time/random.ts";
import { codeOfReceived, codeOfSent } from "../../../../shared/wire/frame/recent-event.ts";
import {
  causesOf,
  foldOf,
  type Healthy,
  healthySeconds,
  momentAt,
  sized,
  type Told,
} from "./story.ts";

const PLAN = { connections: 200, ramp: 4 };
const [SAY, ASK] = [0, 1];

function healthy(seconds = 25, change: Partial<Healthy> = {}): Told[] {
  const load = { seed: 3, seconds, connections: 200, ramp: 4, rate: 2, medianUs: 3000 };
  return healthySeconds({ ...load, correlation: 0.5, spread: 0.3, ...change }).map(
    ({ failures: _, dropped: _1, lifetimeUs: _2, ...told }) => told,
  );
}

/** Each message is answered, but for the last. */
function ring(names: readonly number[]): Uint8Array {
  const codes = names.flatMap((name, at) =>
    at === names.length - 1 ? [codeOfSent(name, 64)] : [codeOfSent(name, 64), codeOfReceived(64)],
  );
  return Uint8Array.from(codes.flatMap((code) => [code, 5]));
}

type Draw = (second: number, at: number) => readonly number[];

/** Three messages by chance, each the second kind one time in five. */
const any: Draw = (second, at) =>
  [0, 1, 2].map((place) => (drawUnit(7, Stream.slot, second, 3 * at + place) < 0.2 ? ASK : SAY));

interface Closing {
  readonly code?: string;
  readonly controls?: boolean;
  readonly phase?: number;
  readonly idleTxMs?: number;
  readonly role?: number;
}

/** Ten connections a second end from second 6 on. */
function closing(
  before: Draw,
  { code = "1001", controls = true, ...change }: Closing = {},
): Told[] {
  return healthy().map((told, second) => {
    const well = Array.from({ length: 5 }, (_, at) => {
      return { weight: 40, ...momentAt(second, { recent: ring(any(second, at)) }) };
    });
    const sampled = { ...told, controls: controls ? well : [] };
    if (second < 6) return sampled;
    const events = Array.from({ length: 10 }, (_, at) => {
      const clocks = {
        ...change,
        connection: 10 * second + at,
        ageMs: 500 + 37 * ((7 * second + at) % 60),
      };
      const moment = momentAt(second, { ...clocks, recent: ring(before(second, 50 + at)) });
      return { weight: 1, kind: "close-code" as const, signature: code, ...moment };
    });
    const failures = [
      { kind: "close-code" as const, signature: code, count: 10, phase: change.phase ?? 1 },
    ];
    return { ...sampled, events, failures, dropped: 10, opened: 10 };
  });
}

const found = (seconds: readonly Told[]) => diagnose(new Signals(foldOf(seconds, PLAN)), DETECTORS);

describe("connections end", () => {
  test("after one message", () => {
    const [one, ...others] = found(closing(() => [SAY, SAY, ASK]));
    expect(one).toMatchObject({
      ...{ cause: "failing-sequence", confidence: "likely", scope: { name: "ask" } },
    });
    expect(one?.sentence).toMatch(
      /^Connections end right after they sent .*`ask`: 190 of 190 .* just sent/,
    );
    expect(others).toEqual([]);
  });

  test("after two in their order, which is said", () => {
    const [one] = found(closing(() => [SAY, ASK, ASK]));
    expect(one?.sentence).toContain("right after they sent `ask`, then `ask`:");
  });

  test("after whatever they sent: no pattern", () => {
    expect(found(closing(any)).map(({ cause }) => cause)).toEqual(["unknown"]);
  });

  test("without healthy ones to hold them against: no pattern", () => {
    const seconds = closing(() => [SAY, SAY, ASK], { controls: false });
    expect(found(seconds).map(({ cause }) => cause)).toEqual(["unknown"]);
  });

  test("because of a fault of the scenario: nothing is named", () => {
    // Behind the phases of the plan are those of what faults are to blame for.
    expect(found(closing(() => [SAY, SAY, ASK], { phase: 3 }))).toEqual([]);
  });

  test.each<[string, Closing]>([
    ["long after they had sent it", { idleTxMs: 4000 }],
    ["of another kind of users than the healthy ones", { role: 1 }],
  ])("%s: no pattern", (_, of) => {
    const causes = found(closing(() => [SAY, SAY, ASK], of)).map(({ cause }) => cause);
    expect(causes).not.toContain("failing-sequence");
  });

  test("for a reason they are told: the pattern is its evidence", () => {
    const [one, ...others] = found(closing(() => [SAY, SAY, ASK], { code: "1011 failed" }));
    expect(one?.cause).toBe("server-errors");
    expect(one?.evidence.at(-1)?.sentence).toContain("had just sent");
    expect(others).toEqual([]);
  });
});

describe("large messages", () => {
  const [SMALL, LARGE] = [[64, 600], [4096]] as const;

  /** No reply to the second kind from second 8 on, and connections that had sent one are given up, or small ones time out. */
  function vanishing({ givenUp = 6, timedOut = 0, pingUs = [900] as readonly number[] }): Told[] {
    return healthy().map((told, second) => {
      const latencyUs = told.latencyUs ?? [];
      const isCut = second >= 8;
      return {
        ...told,
        pingUs,
        byName: [latencyUs.slice(0, 150), isCut ? [] : latencyUs.slice(150)],
        ...(isCut && {
          names: [
            { expected: 200, timedOut },
            { expected: 20, timedOut: 20 },
          ],
          failures: [
            { kind: "reply-timeout" as const, count: 20 + timedOut },
            ...(givenUp > 0 ? [{ kind: "heartbeat-timeout" as const, count: givenUp }] : []),
          ],
        }),
      };
    });
  }

  const causes = (seconds: readonly Told[], sizes: readonly (readonly number[])[]) =>
    causesOf(foldOf(seconds, { ...PLAN, ...sized(sizes) }));

  test("vanish, and their connections fall silent", () => {
    const fold = foldOf(vanishing({}), { ...PLAN, ...sized([SMALL, LARGE]) });
    const [one, ...others] = diagnose(new Signals(fold), DETECTORS);
    expect(one).toMatchObject({ cause: "mtu-blackhole", confidence: "likely", from: 8 });
    expect(one?.sentence).toContain(
      "no message of 4,096 bytes or more is answered, those of up to 600",
    );
    expect(others).toEqual([]);
  });

  test("may vanish, or fail, as far as can be told without pings", () => {
    const seconds = vanishing({ givenUp: 0, timedOut: 5, pingUs: [] });
    const fold = foldOf(seconds, { ...PLAN, ...sized([SMALL, LARGE]) });
    const [one] = diagnose(new Signals(fold), DETECTORS);
    expect(one).toMatchObject({ cause: "failing-message-type", confidence: "likely" });
    expect(one?.against.join()).toContain("mtu-blackhole");
  });

  test.each<[string, Parameters<typeof vanishing>[0], readonly (readonly number[])[]]>([
    ["pings pass behind them", { givenUp: 0, timedOut: 5 }, [SMALL, LARGE]],
    ["small ones pass behind them", { givenUp: 0, pingUs: [] }, [SMALL, LARGE]],
    ["they are the smaller ones", {}, [LARGE, SMALL]],
    ["sizes overlap", {}, [[64, 4096], LARGE]],
    ["they are smaller than any packet", {}, [[64], [200]]],
  ])("do not when %s", (_, of, sizes) => {
    expect(causes(vanishing(of), sizes).join()).not.toContain("mtu-blackhole");
  });

  test("that are few and stay away for a while are chance", () => {
    const seconds = healthy().map((told, second) => ({
      ...told,
      byName: [told.latencyUs ?? [], second < 20 && second % 4 === 0 ? [3000] : []],
      failures: [{ kind: "heartbeat-timeout" as const, count: second >= 20 ? 6 : 0 }],
    }));
    expect(causes(seconds, [SMALL, LARGE]).join()).not.toContain("mtu-blackhole");
  });
});
