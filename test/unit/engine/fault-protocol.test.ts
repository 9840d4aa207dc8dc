/**
 * Goal: what no client may send reaches the server, of the victims alone, and what the server did is counted. Method: a real engine
 * against a server of the ws package, whose errors say which rule was broken; once, and of as many connections as were hit.
 */
import { afterAll, describe, expect, it } from "vitest";
import type { Breach } from "../../../shared/scenario/sections/faults/breach.ts";
import {
  CONNECTIONS,
  closeServers,
  countsOf,
  DRIVERS,
  ended,
  fault,
  outcomesIn,
  phaseSums,
  play,
  SECOND,
  TOLERANCE_US,
} from "../../support/fault-run.ts";

afterAll(closeServers);

const BREACHES: readonly [Breach, number, string][] = [
  ["bad-opcode", 1002, "WS_ERR_INVALID_OPCODE"],
  ["reserved-bits", 1002, "WS_ERR_UNEXPECTED_RSV_2_3"],
  ["unmasked", 1002, "WS_ERR_EXPECTED_MASK"],
  ["bad-utf8", 1007, "WS_ERR_INVALID_UTF8"],
  ["bad-close-code", 1002, "WS_ERR_INVALID_CLOSE_CODE"],
];

describe.each(DRIVERS)("with the %s driver", (driver) => {
  it.each(BREACHES)("protocol %s: the server closes with %i", async (how, code, rule) => {
    const act = { kind: "protocol", how } as const;
    const done = await play([fault({ offsetUs: SECOND, act })], { connect: { driver } });
    const { seen, at, victims, run } = done;
    const cut = ended(seen, 2.5 * SECOND, at);
    expect(cut.map(({ index }) => index).sort((a, b) => a - b)).toEqual(victims);
    for (const one of cut) {
      expect(one.error).toBe(rule);
      expect(Math.abs(at(one.closedUs ?? 0) - SECOND)).toBeLessThan(TOLERANCE_US);
    }
    expect(outcomesIn(done)).toEqual({ [`closed${code}`]: victims.length });
    expect(countsOf(done)).toMatchObject({
      ...{ started: victims.length, completed: victims.length },
      ...{ noticed: victims.length, attempts: victims.length },
    });
    expect(run.closes).toEqual({ peer: victims.length, plan: CONNECTIONS });
    expect(phaseSums(done, false)).toMatchObject({ dropped: 0, reconnects: 0, unanswered: 0 });
  });

  it("protocol corrupt-payload: a message of the mix comes damaged, and the server goes on", async () => {
    const act = { kind: "protocol", how: "corrupt-payload" } as const;
    const done = await play([fault({ offsetUs: SECOND, act })], { connect: { driver } });
    const { seen, victims, run } = done;
    expect(outcomesIn(done)).toEqual({ answered: victims.length });
    const received = seen.reduce((sum, one) => sum + one.received, 0);
    expect(received).toBe(run.counters.sent + victims.length);
    expect(countsOf(done)).toMatchObject({ extra: victims.length, completed: victims.length });
    expect(run.closes).toEqual({ plan: CONNECTIONS });
    expect(phaseSums(done, false)).toMatchObject({ corrupt: 0, unsolicited: 0, late: 0 });
  });

  it("oversize: one message of that size of each victim", async () => {
    const act = { kind: "oversize", bytes: 1_000_000 } as const;
    const sizes: number[] = [];
    const done = await play(
      [fault({ offsetUs: SECOND, act })],
      { connect: { driver } },
      undefined,
      {
        onMessage: (socket, data, binary) => {
          if (data.length > 64) sizes.push(data.length);
          else socket.send(data, { binary });
        },
      },
    );
    const { victims } = done;
    expect(sizes).toEqual(victims.map(() => 1_000_000));
    expect(outcomesIn(done)).toEqual({ answered: victims.length });
    expect(countsOf(done)).toMatchObject({ extra: victims.length, completed: victims.length });
  });

  it("endless-fragments: a message that ends with the fault, and nothing else meanwhile", async () => {
    const act = { kind: "endless-fragments", perSec: 50, bytes: 100 } as const;
    const whole: number[] = [];
    const done = await play(
      [fault({ offsetUs: SECOND, forUs: SECOND, act })],
      { connect: { driver } },
      undefined,
      {
        onMessage: (socket, data, binary) => {
          if (data.length > 64) whole.push(data.length);
          else socket.send(data, { binary });
        },
      },
    );
    const { victims, run, seen } = done;
    expect(whole).toHaveLength(victims.length);
    // The first, fifty and the last; one more or less by the beat that is the last.
    for (const bytes of whole) expect(Math.abs(bytes - 5200)).toBeLessThanOrEqual(200);
    expect(outcomesIn(done)).toEqual({ answered: victims.length });
    const counts = countsOf(done);
    expect(Math.abs((counts["notSent"] ?? 0) - 10 * victims.length)).toBeLessThanOrEqual(
      victims.length,
    );
    const received = seen.reduce((sum, one) => sum + one.received, 0);
    expect(received).toBe(run.counters.sent + victims.length);
    expect(counts["extra"]).toBe(victims.length);
    expect(run.closes).toEqual({ plan: CONNECTIONS });
  });
});
