/** Goal: how many workers outlast the faults of a scenario is said once and for all, also where no number of them is enough. */
import { expect, it } from "vitest";
import { lostByFaults, workersToOutlast } from "../../../coordinator/plan/worker-faults.ts";
import { parseScenario } from "../../../shared/scenario/parse.ts";

function outsideOf(...faults: readonly object[]) {
  const text = JSON.stringify({
    ...{ version: 1, target: "ws://127.0.0.1:1/" },
    load: [{ phase: "steady", ramp: "burst", to: 4, hold: "90s" }],
    faults: faults.map((one) => ({ at: "steady", kind: "kill-worker", ...one })),
  });
  const context = { fileName: "example.json", env: {}, readFile: () => Buffer.alloc(0) };
  const read = parseScenario(text, context);
  if (!read.ok) throw new Error(JSON.stringify(read.issues));
  return read.scenario;
}

it.each([
  [[{ who: 1 }], 2],
  [[{ who: 1, every: "10s", times: 5 }], 6],
  [[{ who: 3 }, { who: { worker: "worker-1" } }], 5],
  [[{ who: "10%" }], 2],
  [[{ who: "50%" }], 2],
  [[{ who: "50%", every: "10s", times: 2 }], null],
  [[{ who: "100%" }], null],
])("%j is outlasted by %s", (faults, enough) => {
  const scenario = outsideOf(...faults);
  expect(workersToOutlast(scenario)).toBe(enough);
  if (enough !== null) expect(lostByFaults(scenario, enough)).toBeLessThan(enough);
});
