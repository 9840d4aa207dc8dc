/** Goal: handshakes beside those of the plan have room while others are open only, and each is told once. Method: sockets that are ended by hand. */
import { expect, it } from "vitest";
import type { FaultWindow } from "../../../shared/scenario/fault-windows.ts";
import { ExtraHandshakes } from "../../../worker/faults/extra-handshakes.ts";
import type { Victim } from "../../../worker/faults/victim.ts";
import type { DriverSocket, SocketOwner } from "../../../worker/socket/driver.ts";

const MOST = 1000;
const SECOND = { request: "same", stays: true, waitUs: null } as const;
const window = { position: 0 } as FaultWindow;

function extras() {
  const told: Record<string, number> = {};
  const owners: SocketOwner[] = [];
  const kept = new ExtraHandshakes({
    host: {
      clockUs: () => 0,
      connectTimeoutUs: () => 1,
      openBeside: (_, owner) => {
        owners.push(owner);
        return { close() {}, abort() {} } as unknown as DriverSocket;
      },
    },
    tally: {
      answered: (_, outcome) => {
        told[outcome] = (told[outcome] ?? 0) + 1;
      },
    },
    sooner: () => undefined,
  });
  return { kept, told, owners };
}

const victimOf = (index: number) => ({ index }) as Victim;

it("one that its target has ended leaves its room to others, and is told when it is known what of", () => {
  const { kept, told, owners } = extras();
  const victims = Array.from({ length: 2 * MOST }, (_, index) => victimOf(index));
  for (const [at, victim] of victims.entries()) {
    kept.make(window, victim, SECOND);
    owners[at]?.onOpen("", "");
    owners[at]?.onClosed({} as never);
  }
  expect(told).toEqual({});
  for (const victim of victims.slice(0, 300)) kept.firstEnded(victim);
  expect(told).toEqual({ bothClosed: 300 });
  kept.over(window);
  expect(told).toEqual({ bothClosed: 300, secondClosed: 2 * MOST - 300 });
  kept.firstEnded(victimOf(0));
  kept.stop();
  expect(told).toEqual({ bothClosed: 300, secondClosed: 2 * MOST - 300 });
});

it("what stays open takes room until its window is over; a connection that is back ends the question", () => {
  const { kept, told, owners } = extras();
  const victims = Array.from({ length: MOST + 5 }, (_, index) => victimOf(index));
  for (const victim of victims) kept.make(window, victim, SECOND);
  for (const owner of owners) owner.onOpen("", "");
  expect([owners.length, told]).toEqual([MOST, { notMade: 5 }]);
  for (const victim of victims.slice(0, 10)) kept.firstEnded(victim);
  for (const victim of victims.slice(0, 4)) kept.firstBack(victim);
  expect(told).toEqual({ notMade: 5, firstClosed: 4 });
  owners[0]?.onClosed({} as never);
  owners[9]?.onClosed({} as never);
  expect(told).toEqual({ notMade: 5, firstClosed: 4, bothClosed: 1 });
  kept.over(window);
  expect(told).toEqual({ notMade: 5, firstClosed: 9, bothClosed: 1, neitherClosed: MOST - 10 });
});
