/**
 * Goal: what a search decides moves the plan a run is held against, and follows from the journal. Method: events, applied
 * to the fold of a small run.
 */
import { describe, expect, it } from "vitest";
import type { RunFacts } from "../../../coordinator/merge/facts.ts";
import { RunFold } from "../../../coordinator/merge/run-fold.ts";
import { makeFacts, makePlan } from "../../../coordinator/plan/plan.ts";
import type { EventBody } from "../../../coordinator/store/event.ts";
import { parseScenario } from "../../../shared/scenario/parse.ts";

const SECOND = 1e6;

function facts(): RunFacts {
  const parsed = parseScenario(
    `version: 1
target: ws://127.0.0.1:1
load:
  - { phase: up, ramp: linear, to: 100, over: 5s }
  - { phase: search, ramp: find-limit, step: 100, to: 400, settle: 4s, until: "connect failed > 1%" }
  - { phase: soak, hold: 10s }
`,
    { fileName: "search.yaml", env: {}, readFile: () => Buffer.alloc(0) },
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  const plan = makePlan({ run: "r", scenario: parsed.scenario, allowTargets: [] });
  return makeFacts(plan, { createdWallMs: 0, busKind: "ipc" });
}

function fold(events: readonly EventBody[]): RunFold {
  const made = new RunFold(facts());
  for (const event of events) {
    made.apply({ type: "event", event: { ...event, wallMs: 0, elapsedUs: 0 } });
  }
  return made;
}

const judged = (planned: number, verdict: "held" | "broken") =>
  ({ type: "search-judged", phase: 1, planned, verdict, observed: [0], reason: "" }) as const;

const EVENTS: readonly EventBody[] = [
  judged(200, "held"),
  {
    ...{ type: "search-level", phase: 1, purpose: "climb" },
    level: { atUs: 8 * SECOND, riseUs: SECOND, to: 300 },
  },
  judged(300, "broken"),
  { type: "search-ended", phase: 1, durationUs: 20 * SECOND, outcome: "found" },
];

describe("a run that searches", () => {
  it("is planned to stay at its first level, for as long as it may take", () => {
    const { plannedOpen, scenario, connections } = facts();
    expect([plannedOpen[4], plannedOpen[5], plannedOpen[60]]).toEqual([100, 200, 200]);
    expect(connections).toBe(400);
    expect(scenario.phases[1]?.exclude).toBe(true);
  });

  it("is held against what was decided", () => {
    const { facts: now, searches } = fold(EVENTS);
    expect(now.plannedOpen.slice(11, 15)).toEqual([200, 200, 300, 300]);
    expect(now.durationUs).toBe(35 * SECOND);
    expect(now.plannedOpen[34]).toBe(300);
    expect(now.plannedOpens).toBe(300);
    expect(searches.plateaus(1).map(({ to, verdict }) => `${to} ${verdict}`)).toEqual([
      "200 held",
      "300 broken",
    ]);
    expect(searches.outcome(1)).toBe("found");
    expect(searches.steering).toHaveLength(1);
  });

  it("only what was judged counts, and a judgement alone moves nothing", () => {
    const { facts: now, searches } = fold(EVENTS.slice(0, 1));
    expect(now.plannedOpen).toEqual(facts().plannedOpen);
    expect(searches.steering).toEqual([]);
    expect(fold(EVENTS.slice(0, 2)).searches.plateaus(1)).toHaveLength(1);
  });
});
