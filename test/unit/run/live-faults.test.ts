/**
 * Goal: what is asked of a run while it goes on is done as it was asked, or not at all. A token of a fault is on the bus and on no disk, and
 * a coordinator that does not know it any more says so; workers of one node are never all taken. Method: runs in virtual time, whose
 * coordinator dies.
 */
import { describe, expect, it } from "vitest";
import type { FaultDesk } from "../../../coordinator/live/fault-desk.ts";
import { readFacts, redactScenario } from "../../../coordinator/merge/facts.ts";
import { readRun } from "../../../shared/bus/read-document.ts";
import { readLiveFault } from "../../../shared/scenario/live-fault.ts";
import type { StrictScenario } from "../../../shared/scenario/strict.ts";
import { type Going, load, type RunSettings, Trial } from "./trial.ts";

const STALE = { kind: "stale-token", who: "50%", value: "Bearer geheim" };
const KILL = { kind: "kill-worker", who: 1 };
const LOST = "the coordinator was started again, and does not know its secrets";

class Asking {
  readonly trial = new Trial();
  readonly #settings: RunSettings;
  #desk: FaultDesk | null = null;
  run: Going;

  constructor(scenario: StrictScenario) {
    this.#settings = { scenario, workersExpected: 2 };
    this.run = this.trial.run(this.#with({}));
  }

  async start(): Promise<void> {
    await this.trial.fleet.start();
    for (const id of ["a", "b"]) this.trial.worker({ id, allowFaults: true });
    await this.trial.until(() => this.run.events.some(({ type }) => type === "start"));
  }

  /** @returns what it is called, or why it is refused */
  async ask(fault: object): Promise<string> {
    const answer = this.#desk?.ask(JSON.stringify(fault), null);
    await this.trial.pass(0.2);
    const asked = await answer;
    if (asked?.kind === "asked") return asked.fault.id;
    return asked?.kind === "invalid" ? asked.issues.map(({ what }) => what).join() : "late";
  }

  async restart(change: Partial<RunSettings> = {}): Promise<void> {
    await this.trial.crash();
    this.run = this.trial.resume(this.#with(change));
    await this.trial.pass(3);
  }

  get states(): readonly (readonly [string, string | undefined])[] {
    const listed = this.#desk?.list() ?? [];
    return listed.map(({ id, windows: [window] }) => [id, window?.state] as const);
  }

  get notes(): readonly string[] {
    return this.run.events.flatMap((event) => (event.type === "note" ? [event.message] : []));
  }

  /** Values of those that workers have to do yet. */
  async sent(): Promise<readonly unknown[]> {
    const document = await readRun(this.trial.bus, "r1");
    const open = document?.faults.filter(({ endedUs }) => endedUs === null) ?? [];
    return open.map(({ act }) => ("value" in act ? act.value : null));
  }

  #with(change: Partial<RunSettings>): RunSettings {
    const onFaultable = (desk: FaultDesk) => {
      this.#desk = desk;
    };
    const settings = { ...this.#settings, ...change };
    return { ...settings, change: { ...change.change, onFaultable } };
  }
}

describe("the token of a fault", () => {
  it("is on the bus and not on disk; who does not know it any more ends the fault, and says so", async () => {
    const asking = new Asking(load(40, 10, 30));
    await asking.start();
    await asking.trial.pass(12);
    expect(await asking.ask({ ...STALE, for: "20s", name: "old" })).toBe("old");
    expect(await asking.ask({ ...STALE, at: "hold+20s", for: "5s", name: "later" })).toBe("later");
    expect(await asking.ask({ begin: "later", at: "hold+21s", name: "again" })).toBe("again");
    expect(await asking.ask({ kind: "disconnect", who: 1, at: "hold+28s", name: "cut" })).toBe(
      "cut",
    );
    await asking.trial.pass(2);
    const { value } = STALE;
    expect(await asking.sent()).toEqual([value, value, value, null]);
    const records = asking.trial.runs.runs.get("runs/r1")?.records;
    expect(JSON.stringify([records, asking.run.events])).not.toContain("geheim");

    await asking.restart();
    expect(await asking.sent()).toEqual([null]);
    expect(asking.states).toEqual([
      ["old", "over"],
      ["later", "cancelled"],
      ["again", "cancelled"],
      ["cut", "planned"],
    ]);
    for (const name of ["old", "later", "again"]) {
      expect(asking.notes).toContain(`Fault ${name}: not done: ${LOST}.`);
    }
    expect(await asking.ask({ begin: "later", name: "once more" })).toBe(LOST);
  });

  it("of the plan is not sent in part by one that has lost it, when something else is asked for", async () => {
    const whole = load(40, 10, 30);
    const text = JSON.stringify({ ...STALE, at: "hold+20s", for: "5s", name: "planned" });
    const read = readLiveFault(text, { scenario: whole, earliestUs: null });
    if (!("fault" in read)) throw new Error(JSON.stringify(read));
    const scenario = { ...whole, faults: [read.fault] };
    const asking = new Asking(scenario);
    await asking.start();
    await asking.trial.pass(11);
    const [header] = asking.trial.runs.runs.get("runs/r1")?.records ?? [];
    const { planHash } = readFacts(header?.type === "header" ? header.header : null);
    await asking.restart({
      scenario: redactScenario(scenario),
      change: { redacted: true, planHash },
    });
    // Workers have it with their plan.
    expect(asking.states).toEqual([["planned", "planned"]]);
    expect(await asking.ask({ kind: "disconnect", who: 1, name: "cut" })).toBe("cut");
    await asking.trial.pass(1);
    expect(await asking.sent()).toEqual([null]);
    expect(asking.states[0]).toEqual(["planned", "cancelled"]);
    expect(asking.notes).toContain(`Fault planned: not done: ${LOST}.`);
  });
});

describe("workers of one node", () => {
  const left = "nobody would be left, and nobody starts others on one node";

  it("are not all killed by two that are asked for one after the other", async () => {
    const asking = new Asking(load(40, 10, 30));
    await asking.start();
    await asking.trial.pass(3);
    expect(await asking.ask({ ...KILL, name: "first" })).toBe("first");
    expect(await asking.ask(KILL)).toBe(left);
    expect(await asking.ask({ kind: "skew-clock", who: 1, for: "1s", offset: "1h" })).toContain(
      "@",
    );
    // It has begun, and nobody has noticed yet that a worker is gone.
    await asking.trial.pass(3);
    expect(asking.states[0]).toEqual(["first", "acting"]);
    expect(await asking.ask(KILL)).toBe(left);
  });

  it("are not all killed by the plan and by one that is asked for beside it", async () => {
    const whole = load(40, 10, 30);
    const planned = readLiveFault(JSON.stringify({ ...KILL, at: "hold+20s" }), {
      ...{ scenario: whole, earliestUs: null },
    });
    if (!("outside" in planned)) throw new Error(JSON.stringify(planned));
    const asking = new Asking({ ...whole, outside: [planned.outside] });
    await asking.start();
    expect(await asking.ask(KILL)).toBe(left);
  });

  it("are counted before the run begins, with what was asked for before they came", async () => {
    const asking = new Asking(load(40, 10, 30));
    await asking.trial.pass(1);
    for (const name of ["one", "two"]) {
      expect(await asking.ask({ ...KILL, at: "hold", name })).toBe(name);
    }
    await asking.trial.fleet.start();
    for (const id of ["a", "b"]) asking.trial.worker({ id, allowFaults: true });
    const { problem } = await asking.trial.outcomeOf(asking.run);
    expect(problem).toMatchObject({ code: "ONRUSH_CLUSTER_TOO_SMALL" });
  });
});
