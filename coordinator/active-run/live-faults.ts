/**
 * Faults that are asked for, or ended, while a run goes on. Made by run.ts for the HTTP API. Invariant: it is in the journal, on disk,
 * before it is answered or on the bus, and begins so far ahead that all workers know of it by then; so a coordinator that starts
 * again says the same, and nobody needs it for the fault to end.
 */
import { buildPopulation } from "../../shared/load/arrivals.ts";
import { type FaultWindow, faultWindows } from "../../shared/scenario/fault-windows.ts";
import type { Issue } from "../../shared/scenario/issue.ts";
import { type ReadFault, readLiveFault } from "../../shared/scenario/live-fault.ts";
import { lastingUs } from "../../shared/scenario/sections/outside-faults.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import { outsideTimes, type StrictOutside } from "../../shared/scenario/strict-outside.ts";
import type {
  AskedFault,
  EndedFault,
  FaultDesk,
  FaultRequest,
  ListedFault,
} from "../live/fault-desk.ts";
import { redactedAct } from "../merge/facts.ts";
import { hitBy } from "../merge/fault-counts.ts";
import type { ToldOutside } from "../merge/outside-log.ts";
import type { RunFold } from "../merge/run-fold.ts";
import { whyIdle } from "../plan/idle-faults.ts";
import { isForbidden, mayTakeAll, workerActOf } from "../plan/worker-faults.ts";
import type { ActiveRun } from "./active-run.ts";
import { WITHOUT_SECRETS } from "./request.ts";

const SECOND_US = 1_000_000;

type OfConnections = Extract<ReadFault, { readonly begins: unknown }>;

export class LiveFaults implements FaultDesk {
  readonly #run: ActiveRun;

  constructor(run: ActiveRun) {
    this.#run = run;
  }

  async ask(text: string, request: FaultRequest | null): Promise<AskedFault> {
    const { log } = this.#run;
    const before = request === null ? undefined : log.fold.faults.byKey.get(request.key);
    if (before === undefined) return this.#add(text, request);
    if (before.content !== request?.content) return { kind: "key-reused" };
    // The first request may still be on its way to the disk.
    await this.#keep();
    return { kind: "asked", fault: this.#listed(before.name) };
  }

  async end(name: string): Promise<EndedFault> {
    const { log } = this.#run;
    const { phases, faults, outside } = log.fold.facts.scenario;
    if (outside.some((one) => one.name === name)) return { kind: "by-itself" };
    const windows = faultWindows({ phases, faults }).filter(({ fault }) => fault.name === name);
    if (windows.length === 0) return { kind: "unknown" };
    const atUs = this.#nextUs() ?? 0;
    const isEnded = windows.some(({ fault }) => fault.endedUs !== null);
    if (!this.#run.takesFaults || isEnded || windows.every(({ untilUs }) => untilUs <= atUs)) {
      return { kind: "late" };
    }
    log.event({ type: "fault-end-asked", name, atUs });
    await this.#keep();
    return { kind: "ended", fault: this.#listed(name) };
  }

  list(): readonly ListedFault[] {
    return listedFaults(this.#run.log.fold, this.#run.log.elapsedUs);
  }

  async #add(text: string, request: FaultRequest | null): Promise<AskedFault> {
    if (!this.#run.takesFaults) return { kind: "late" };
    const scenario = this.#scenario();
    const read = readLiveFault(text, { scenario, earliestUs: this.#nextUs() });
    if (!read.ok) return { kind: "invalid", issues: read.issues };
    const one = "fault" in read ? read.fault : read.outside;
    const issue =
      "fault" in read
        ? (this.#lostIssue(read) ?? idleIssue(scenario, windowOf(scenario, read.fault)))
        : this.#refusal(read.outside);
    if (issue !== null) return { kind: "invalid", issues: [issue] };
    if ("fault" in read) this.#log(read, request);
    else this.#run.log.event({ type: "outside-asked", outside: read.outside, request });
    await this.#keep();
    return { kind: "asked", fault: this.#listed(one.name) };
  }

  /** Without what commonly is a secret, which workers get all the same. */
  #log({ fault, begins }: OfConnections, request: FaultRequest | null): void {
    const { log } = this.#run;
    const act = redactedAct(fault.act);
    // One that is another once more does what that one was given.
    if (begins === null) log.fold.faults.given.set(fault.name, fault.act);
    const again = begins !== null && { begins };
    log.event({ type: "fault-asked", fault: { ...fault, act }, ...again, request });
  }

  /** Of one once more whose secrets nobody knows any more. */
  #lostIssue({ fault, begins }: OfConnections): Issue | null {
    const { log, givenFaults } = this.#run;
    if (begins === null) return null;
    const { act } = fault;
    if (!log.fold.faults.lacksSecrets({ name: begins, act }, givenFaults)) return null;
    return issueOf("begin", WITHOUT_SECRETS, "write it in full, under another name");
  }

  /** Of one that workers do to themselves, where those of the run cannot. */
  #refusal(one: StrictOutside): Issue | null {
    const { assignment, log } = this.#run;
    const members = assignment.workers();
    const act = workerActOf(one.act);
    // Before the run has workers nobody knows.
    if (act === null || members.length === 0) return null;
    if (isForbidden(act, members)) {
      const hint = "start them with --allow-worker-faults";
      return issueOf("kind", "too few workers of the run allow it", hint);
    }
    if (!mayTakeAll(log.fold, members, one)) return null;
    return issueOf("who", "nobody would be left, and nobody starts others on one node", "");
  }

  /** Run time at which something may begin that nobody knows of yet; null: run time has not begun. */
  #nextUs(): number | null {
    const { knownByUs } = this.#run;
    return knownByUs === null ? null : Math.round(knownByUs);
  }

  /** As it is by now: the facts lack nothing that victims follow from. */
  #scenario(): StrictScenario {
    const { phases, faults, outside } = this.#run.log.fold.facts.scenario;
    return { ...this.#run.plan.document.scenario, phases, faults, outside };
  }

  async #keep(): Promise<void> {
    await this.#run.log.sync();
    this.#run.wake();
  }

  #listed(name: string): ListedFault {
    return this.list().find(({ id }) => id === name) as ListedFault;
  }
}

/** The faults of a run, as far as its journal tells. @param elapsedUs run time; null: before it */
export function listedFaults(fold: RunFold, elapsedUs: number | null): readonly ListedFault[] {
  const { facts, faults, merge } = fold;
  const windows = faultWindows(facts.scenario);
  const ofConnections = facts.scenario.faults.map(({ name, act }) => ({
    ...{ id: name, kind: act.kind, live: faults.live.has(name) },
    windows: windows
      .filter(({ fault }) => fault.name === name)
      .map((window) => ({
        ...{ id: window.id, from: window.fromUs / SECOND_US, to: window.untilUs / SECOND_US },
        state: stateOf(window, elapsedUs ?? -1),
        victims: faults.told.get(window.position)?.victims ?? null,
        hit: hitBy(merge, facts.scenario, window.position),
        ...{ workers: null, outcome: null },
      })),
  }));
  return [...ofConnections, ...listedOutside(fold, elapsedUs ?? -1)];
}

/** Those that are done to no connection. */
function listedOutside(
  { facts, faults, outside: log }: RunFold,
  elapsedUs: number,
): readonly ListedFault[] {
  const times = outsideTimes(facts.scenario);
  return facts.scenario.outside.map((one) => ({
    ...{ id: one.name, kind: one.act.kind, live: faults.live.has(one.name) },
    windows: times
      .filter(({ outside }) => outside === one)
      .map(({ position, id, atUs }) => {
        const untilUs = atUs + lastingUs(one.act);
        const told = log.told.get(position);
        return {
          ...{ id, from: atUs / SECOND_US, to: untilUs / SECOND_US, victims: null, hit: null },
          state: outsideState(told, elapsedUs < untilUs),
          workers: told?.ordered?.epochs.length ?? null,
          outcome: told?.ended?.outcome ?? null,
        };
      }),
  }));
}

function outsideState(told: ToldOutside | undefined, isInTime: boolean) {
  if (told === undefined) return "planned" as const;
  if (told.ended === null) return "acting" as const;
  if (!told.ended.ok) return "failed" as const;
  return isInTime ? ("acting" as const) : ("over" as const);
}

function stateOf({ fromUs, untilUs, isCalledOff }: FaultWindow, elapsedUs: number) {
  if (isCalledOff) return "cancelled" as const;
  if (elapsedUs < fromUs) return "planned" as const;
  return elapsedUs < untilUs ? ("acting" as const) : ("over" as const);
}

/** The first window of a fault that stands behind those there are. */
function windowOf(
  { phases, faults }: StrictScenario,
  fault: StrictScenario["faults"][number],
): FaultWindow {
  const windows = faultWindows({ phases, faults: [...faults, fault] });
  return windows[windows.length - fault.times] as FaultWindow;
}

/** Of a fault that would hit nobody; where searches lie before it, nobody knows yet who will be open then. */
function idleIssue(scenario: StrictScenario, window: FaultWindow): Issue | null {
  const before = scenario.phases.slice(0, window.fault.phase);
  if (before.some(({ ramp }) => ramp === "find-limit")) return null;
  const why = whyIdle(scenario, buildPopulation(scenario), window);
  if (why === null) return null;
  const hint = "name more of them, or let it begin when more connections are open";
  return issueOf("who", `it ${why}`, hint);
}

function issueOf(path: string, what: string, hint: string): Issue {
  return { file: "the fault", line: 1, column: 1, path, what, hint };
}
