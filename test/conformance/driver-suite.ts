/**
 * One suite, two drivers. Goal: whoever uses a driver cannot tell which one it is, with good servers and with
 * hostile ones.
 * Method: each case runs against a raw scripted server on loopback; what the owner was told and what the
 * server saw on the wire must be what the case says, save for the listed differences.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Driver } from "../../worker/socket/driver.ts";
import {
  givePartial,
  MAX_PARTIAL_BYTES,
  partialBytes,
  takePartial,
} from "../../worker/socket/partial-budget.ts";
import { driverCases } from "./cases.ts";
import { type Difference, differences } from "./differences.ts";
import { type DriverCase, Fault, failedWith, violation } from "./driver-case.ts";
import { endpointAt, TracingOwner } from "./driver-trace.ts";
import { HostileServer } from "./hostile-server.ts";
import { binary, cut } from "./server-frame.ts";

interface Observed {
  readonly sees: readonly string[];
  readonly wire: readonly string[];
  readonly masks: readonly number[];
}

let paths = 0;

/** Runs a case to its end on both sides. */
export async function observe(
  driver: Driver,
  server: HostileServer,
  testCase: DriverCase,
): Promise<Observed> {
  const path = `/case/${paths++}?x=1`;
  server.script(path, testCase.server);
  const owner = new TracingOwner(driver, testCase.client);
  const endpoint = endpointAt(server.port, testCase.endpoint);
  owner.socket = driver.open(
    { endpoint, path, address: "127.0.0.1", localAddress: null, headers: [] },
    owner,
  );
  await owner.over;
  const account = server.account(path);
  await account.gone;
  return { sees: owner.lines, wire: account.wire, masks: account.masks };
}

function expectedOf(
  driver: Driver,
  testCase: DriverCase,
): { expected: DriverCase; known: Difference | undefined } {
  const known = differences.find(
    (difference) => difference.driver === driver.name && difference.case === testCase.name,
  );
  const expected = {
    ...testCase,
    sees: known?.sees ?? testCase.sees,
    wire: known?.wire ?? testCase.wire,
  };
  return { expected, known };
}

export function driverSuite(driver: Driver): void {
  describe(`${driver.name} driver: cases`, () => {
    let server: HostileServer;
    beforeAll(async () => {
      server = await HostileServer.start();
    });
    afterAll(() => server.stop());

    it.each(driverCases.map((testCase) => [testCase.name, testCase] as const))(
      "%s",
      { timeout: 10_000 },
      async (_, testCase) => {
        const observed = await observe(driver, server, testCase);
        const { expected, known } = expectedOf(driver, testCase);
        expect(observed.sees).toEqual(["stage tcp", ...expected.sees]);
        expect(observed.wire).toEqual(expected.wire);
        if (known !== undefined) {
          const isStale =
            JSON.stringify([expected.sees, expected.wire]) ===
            JSON.stringify([testCase.sees, testCase.wire]);
          expect(isStale, `stale difference: ${known.reason}`).toBe(false);
        }
        expect(new Set(observed.masks).size).toBe(observed.masks.length);
      },
    );

    it("has a case for every difference, and no case twice", () => {
      const names = driverCases.map((testCase) => testCase.name);
      expect(new Set(names).size).toBe(names.length);
      expect(driverCases.length).toBeGreaterThan(301);
      for (const difference of differences) expect(names).toContain(difference.case);
    });

    it("holds unfinished messages of all connections within one bound, and gives them back", async () => {
      const room = 300 * 1024;
      expect(takePartial(MAX_PARTIAL_BYTES - room)).toBe(true);
      const unfinished = binary(Buffer.alloc(2 * room)).subarray(0, room + 4096);
      const observed = await observe(driver, server, {
        ...violation("memory", cut(unfinished, 4096), Fault.outOfMemory),
        client: {},
      });
      expect(observed.sees.at(-1)).toBe(failedWith(Fault.outOfMemory).sees);
      expect(observed.wire).toEqual([failedWith(Fault.outOfMemory).wire]);
      expect(partialBytes()).toBe(MAX_PARTIAL_BYTES - room);
      givePartial(MAX_PARTIAL_BYTES - room);
    });

    it("leaves no connection and nothing of a message behind", () => {
      expect(server.connections).toBe(0);
      expect(partialBytes()).toBe(0);
    });
  });
}
