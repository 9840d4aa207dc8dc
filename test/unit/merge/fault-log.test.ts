/** Goal: what a fault sends in place of a token is not in the journal, and workers have it all the same, also when it is begun once more. */
import { expect, it } from "vitest";
import { redactScenario } from "../../../coordinator/merge/facts.ts";
import { FaultLog } from "../../../coordinator/merge/fault-log.ts";
import { readLiveFault } from "../../../shared/scenario/live-fault.ts";
import { parseScenario } from "../../../shared/scenario/parse.ts";

const STALE = { kind: "stale-token", for: "5s", who: "50%", value: "Bearer geheim", name: "old" };

function planned() {
  const text = JSON.stringify({
    ...{ version: 1, target: "ws://127.0.0.1:1/" },
    load: [{ phase: "steady", ramp: "burst", to: 4, hold: "90s" }],
    faults: [{ at: "on-request", ...STALE }],
  });
  const context = { fileName: "example.json", env: {}, readFile: () => Buffer.alloc(0) };
  const read = parseScenario(text, context);
  if (!read.ok) throw new Error(JSON.stringify(read.issues));
  return read.scenario;
}

it("a stale token", () => {
  const scenario = planned();
  let facts = { scenario: redactScenario(scenario) } as Parameters<FaultLog["change"]>[1];
  const log = new FaultLog();
  for (const begin of ["old", "again"]) {
    const text = JSON.stringify({ begin, name: begin === "old" ? "again" : "more" });
    const read = readLiveFault(text, { scenario: facts.scenario, earliestUs: 1_000_000 });
    if (!("fault" in read)) throw new Error(JSON.stringify(read));
    const { fault, begins } = read;
    expect(begins).toBe(begin);
    facts = log.change({ type: "fault-asked", fault, begins: begin, request: null }, facts);
  }
  expect(JSON.stringify([facts, log.changed])).not.toContain("geheim");
  const sent = log.forWorkers(scenario.faults).map(({ name, act }) => [name, act]);
  const act = { kind: "stale-token", value: "Bearer geheim" };
  expect(sent).toMatchObject([
    ["old", act],
    ["again", act],
    ["more", act],
  ]);
});
