/** The bus suites on the reference: sides of one memory store in this process. */
import { MemoryStore } from "../../shared/bus/memory/store.ts";
import { MemoryBus } from "../../shared/bus/memory-bus.ts";
import { systemClock } from "../../shared/time/clock.ts";
import { systemTimers } from "../../shared/time/timer.ts";
import { busRecoverySuite } from "./bus-recovery-suite.ts";
import { type BusHarness, busSuite } from "./bus-suite.ts";

const options = { eventuallyMs: 2000, ticketVisibilityMs: 200, logBytes: 64 * 1024 };

async function harness(): Promise<BusHarness> {
  const store = new MemoryStore({ clock: systemClock, timers: systemTimers, limits: options });
  const sides = [new MemoryBus(store)];
  return {
    coordinator: sides[0] as MemoryBus,
    openWorker: async () => {
      const side = new MemoryBus(store);
      sides.push(side);
      return side;
    },
    forgetEverything: async () => store.forgetEverything(),
    stop: async () => {
      await Promise.all(sides.map((side) => side.close()));
    },
  };
}

busSuite("memory bus", harness, options);
busRecoverySuite("memory bus, recovery", harness, options);
