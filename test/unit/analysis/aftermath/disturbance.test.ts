/** Goal: it is known what disturbs a run when, and what comes after one fault is not taken for that of another. Method: scenarios with both sorts. */
import { expect, it } from "vitest";
import {
  disturbanceOf,
  disturbancesIn,
} from "../../../../coordinator/analysis/aftermath/disturbance.ts";
import { RunFold } from "../../../../coordinator/merge/run-fold.ts";
import { type FaultWindow, faultWindows } from "../../../../shared/scenario/fault-windows.ts";
import type { StrictFault } from "../../../../shared/scenario/strict-fault.ts";
import type { StrictOutside } from "../../../../shared/scenario/strict-outside.ts";
import { begun, facts, tellAt } from "../../merge/synthetic-run.ts";

const phases = [
  { phase: "x", ramp: "burst", to: 9, durationUs: 100e6, exclude: false, messageFactor: 1 },
] as const;

function fault(name: string, offsetUs: number, forUs: number): StrictFault {
  return {
    ...{ name, phase: 0, offsetUs, forUs, everyUs: 0, times: 1, endedUs: null, recovered: null },
    victims: { share: 1, count: null, role: null, target: null, worker: null },
    act: { kind: "blackhole" },
  };
}

function outside(name: string, offsetUs: number, act: StrictOutside["act"]): StrictOutside {
  const limitUs = 10e6;
  return { name, phase: 0, offsetUs, everyUs: 0, times: 1, limitUs, act };
}

const call: StrictOutside["act"] = {
  ...{ kind: "call", method: "POST", url: "http://127.0.0.1:1/", headers: [], body: null },
  status: [],
};
const resources: StrictOutside["act"] = {
  ...{ kind: "resources", url: call.url, headers: [], forUs: 8e6 },
  ...{ cpu: 0.5, memoryBytes: null, pause: false },
};

it("of two that overlap only the one that ends last is followed by anything", () => {
  const faults = [fault("a", 10e6, 20e6), fault("b", 15e6, 5e6), fault("c", 60e6, 0)];
  const fold = new RunFold(facts({ phases, faults }));
  const until = faultWindows(fold.facts.scenario).map(
    (window: FaultWindow) => disturbanceOf(fold, window).untilSecond,
  );
  expect(until).toEqual([60, 20, 100]);
});

it("what is done outside of the load disturbs, too, where it was done", () => {
  const faults = [fault("a", 10e6, 5e6)];
  const fold = new RunFold(
    facts({
      ...{ phases, faults },
      outside: [outside("kill", 30e6, call), outside("burn", 50e6, resources)],
    }),
  );
  begun(fold);
  const [first] = faultWindows(fold.facts.scenario);
  expect(disturbanceOf(fold, first as FaultWindow).untilSecond).toBe(100);
  for (const [position, { id, ok }] of [
    { id: "kill", ok: false },
    { id: "burn", ok: true },
  ].entries()) {
    const kind = position === 0 ? "call" : "resources";
    const atUs = 30e6 + 20e6 * position;
    tellAt(fold, atUs, { type: "outside-began", position, id, kind, atUs });
    tellAt(fold, atUs, { type: "outside-ended", position, id, ok, outcome: "" });
  }
  // It was asked for and not done: it may have disturbed something, and is no disturbance of its own.
  expect(disturbanceOf(fold, first as FaultWindow).untilSecond).toBe(30);
  expect(disturbancesIn(fold).map(({ id, fromUs, toUs }) => [id, fromUs, toUs])).toEqual([
    ["burn", 50e6, 58e6],
  ]);
});
