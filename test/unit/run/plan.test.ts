/** Goal: a plan is a function of its scenario, and a run's state moves only as the table says. */
import { describe, expect, test, vi } from "vitest";
import { transition } from "../../../coordinator/active-run/state.ts";
import { canonicalJson, makeFacts, makePlan } from "../../../coordinator/plan/plan.ts";
import { RUN_STATES } from "../../../shared/wire/command.ts";
import { scenario } from "../merge/synthetic-run.ts";

describe("plan", () => {
  const plan = (run: string, change = {}) =>
    makePlan({ run, scenario: scenario(change), allowTargets: [] });

  test("the same load has the same hash, whatever the run and the order of keys", () => {
    const { hash } = plan("a").document;
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(plan("b").document.hash).toBe(hash);
    const backwards = Object.fromEntries(Object.entries(scenario()).reverse());
    expect(plan("a", backwards).document.hash).toBe(hash);
    expect(plan("a", { seed: 2 }).document.hash).not.toBe(hash);
  });

  test("the hash is of no use to somebody who guesses a secret: another process gives another", async () => {
    const guess = scenario({ vars: { pin: "1234" }, secrets: ["1234"] });
    const known = makePlan({ run: "a", scenario: guess, allowTargets: [] }).document.hash;
    vi.resetModules();
    const elsewhere = await import("../../../coordinator/plan/plan.ts");
    const guessed = elsewhere.makePlan({ run: "a", scenario: guess, allowTargets: [] });
    expect(guessed.document.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(guessed.document.hash).not.toBe(known);
  });

  test("the hash that runs are compared by knows no secret and no environment", () => {
    const loadHash = (change: object) =>
      makeFacts(plan("a", change), { createdWallMs: 0, busKind: "ipc" }).loadHash;
    const secret = (pin: string) => loadHash({ vars: { pin }, secrets: [pin], env: { HOME: pin } });
    expect(secret("1234")).toBe(secret("9876"));
    expect(loadHash({ vars: { room: "a" } })).not.toBe(loadHash({ vars: { room: "b" } }));
    expect(loadHash({ env: { A: "1" } })).not.toBe(loadHash({ env: { B: "1" } }));
  });

  test("sizes, drain and planned concurrency", () => {
    const { document, plannedOpen, plannedOpens } = plan("a");
    expect(document).toMatchObject({ connections: 4, shards: 8, durationUs: 6_000_000 });
    // The longest reply and then a closing handshake.
    expect(document.drainUs).toBe(6_000_000);
    expect(plannedOpen).toEqual([2, 4, 4, 4, 4, 4]);
    expect(plannedOpens).toBe(4);
    expect(plan("a", { messages: null }).document.drainUs).toBe(5_000_000);
  });

  test("canonical JSON sorts keys at every depth and keeps lists in order", () => {
    expect(canonicalJson({ b: [2, { d: null, c: undefined }], a: "ü" })).toBe(
      '{"a":"ü","b":[2,{"d":null}]}',
    );
  });
});

describe("run states", () => {
  const path = ["created", "offered", "ready", "running", "draining", "merging", "done"] as const;

  test("follow the table", () => {
    for (const [at, from] of path.slice(0, -1).entries()) {
      const to = path[at + 1] as (typeof path)[number];
      expect(transition(from, to)).toBe(to);
    }
    for (const from of path.slice(0, 5)) expect(transition(from, "merging")).toBe("merging");
    expect(transition("merging", "failed")).toBe("failed");
    expect(transition("merging", "aborted")).toBe("aborted");
  });

  test("and nothing else: no way out of the end, no way back, no short cut past the merge", () => {
    for (const from of ["done", "failed", "aborted"] as const) {
      for (const to of RUN_STATES) expect(() => transition(from, to)).toThrow(/run state/);
    }
    expect(() => transition("running", "ready")).toThrow(/run state: running -> ready/);
    expect(() => transition("running", "done")).toThrow(/run state/);
    expect(() => transition("created", "running")).toThrow(/run state/);
  });
});
