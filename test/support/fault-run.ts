/**
 * Plays the faults of a scenario with a real engine against a server that knows each connection by its number. Used by tests of faults.
 * Whoever calls it closes its servers with closeServers().
 */
import { buildPopulation } from "../../shared/load/arrivals.ts";
import { victimsOf } from "../../shared/load/victims.ts";
import { type FaultWindow, faultWindows } from "../../shared/scenario/fault-windows.ts";
import { namesOf, outcomesOf } from "../../shared/scenario/names.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import type { StrictFault } from "../../shared/scenario/strict-fault.ts";
import { NAME_COUNTERS, PHASE_COUNTERS } from "../../shared/stats/counters.ts";
import type { Engine } from "../../worker/engine/engine.ts";
import { type EngineRun, runEngine } from "./engine-run.ts";
import { type MarkedServer, markedServer, type SeenConnection } from "./marked-server.ts";
import { messages, scenario } from "./scenario.ts";
import { TurnClock } from "./turn-clock.ts";

/** Of tests of single faults: test/conformance/fault-kinds.ws.test.ts plays every kind with the other one each time. */
export const DRIVERS =
  process.env["ONRUSH_TEST_ALL"] === "1" ? (["lean", "ws"] as const) : (["lean"] as const);

export const CONNECTIONS = 40;
export const SECOND = 1_000_000;
export const TOLERANCE_US = 100_000;

const servers: MarkedServer[] = [];
export function closeServers(): void {
  for (const server of servers.splice(0)) server.close();
}

export function fault(over: Partial<StrictFault>): StrictFault {
  return {
    ...{
      name: "x",
      phase: 1,
      offsetUs: 0,
      forUs: 0,
      everyUs: 0,
      times: 1,
      endedUs: null,
      recovered: null,
    },
    victims: { share: 0.3, count: null, role: null, target: null, worker: null },
    act: { kind: "disconnect", how: "reset", code: 1000 },
    ...over,
  };
}

export interface Done {
  readonly run: EngineRun;
  readonly seen: readonly SeenConnection[];
  readonly requests: MarkedServer["requests"];
  /** Time since the second phase began, of a time of the server's. */
  readonly at: (us: number) => number;
  readonly victims: readonly number[];
  readonly whole: StrictScenario;
}

interface More {
  readonly onMessage?: Parameters<typeof markedServer>[1];
  readonly onOpen?: Parameters<typeof markedServer>[2];
  /** Asked for while the run goes on: the caller tells the engine. */
  readonly live?: readonly StrictFault[];
  /** The server has TLS, by this certificate. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Shards that the engine has, of eight. Default: all. */
  readonly held?: readonly number[];
}

/**
 * Three seconds of sixty connections, when all are open, on a clock that both sides go by.
 */
export async function play(
  faults: readonly StrictFault[],
  over: Parameters<typeof scenario>[1] = {},
  onTurn: (engine: Engine, runUs: number) => void = () => {},
  { onMessage, onOpen, live = [], held, tls }: More = {},
): Promise<Done> {
  const clock = new TurnClock(1);
  const server = await markedServer(clock.monotonicUs, onMessage, onOpen, tls);
  servers.push(server);
  const planned = scenario(server.url, {
    phases: phasesOf(CONNECTIONS),
    messages: messages({ rate: { kind: "perConnection", perSec: 10 } }),
    faults,
    ...over,
    connect: {
      reconnect: { policy: "fixed", minUs: 100_000, maxUs: 100_000, attempts: 5 },
      ...over.connect,
    },
  });
  let startUs = 0;
  const run = await runEngine(planned, {
    clock,
    ...(held !== undefined && { held }),
    onTurn: (engine, runUs) => {
      if (runUs >= 0 && startUs === 0) startUs = clock.monotonicUs() - runUs + SECOND;
      onTurn(engine, runUs - SECOND);
    },
  });
  const whole = { ...planned, faults: [...faults, ...live] };
  const window = faultWindows(whole)[0] as FaultWindow;
  const victims = victimsOf(whole, buildPopulation(whole), window);
  return {
    ...{ run, whole, seen: server.seen, requests: server.requests },
    at: (us) => us - startUs,
    victims: [...Array(CONNECTIONS).keys()].filter((index) => victims.has(index)),
  };
}

/** Counters of the first window. */
export function countsOf({ run, whole }: Done): Record<string, number> {
  const name = namesOf(whole).findIndex(({ kind }) => kind === "fault");
  const sums: Record<string, number> = {};
  for (const { names } of run.frames) {
    for (const row of names.filter((one) => one.name === name)) {
      for (const [at, counter] of NAME_COUNTERS.entries()) {
        sums[counter] = (sums[counter] ?? 0) + (row.counters[at] ?? 0);
      }
    }
  }
  return sums;
}

/** What the target did, of the first window unless told. */
export function outcomesIn({ run, whole }: Done, window = 0): Record<string, number> {
  const positions = outcomesOf(whole, faultWindows(whole)[window] as FaultWindow);
  const outcomeAt = new Map([...positions].map(([outcome, at]) => [at, outcome]));
  const arrived = NAME_COUNTERS.indexOf("arrived");
  const sums: Record<string, number> = {};
  for (const { name, counters } of run.frames.flatMap(({ names }) => names)) {
    const outcome = outcomeAt.get(name);
    const count = counters[arrived] ?? 0;
    if (outcome !== undefined && count > 0) sums[outcome] = (sums[outcome] ?? 0) + count;
  }
  return sums;
}

/** Counters of the scenario's phases, or of those that are counted apart. */
export function phaseSums({ run, whole }: Done, apart: boolean): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { phases } of run.frames) {
    for (const { phase, counters } of phases) {
      if (phase >= whole.phases.length !== apart) continue;
      for (const [at, counter] of PHASE_COUNTERS.entries()) {
        sums[counter] = (sums[counter] ?? 0) + (counters[at] ?? 0);
      }
    }
  }
  return sums;
}

/** Phases of a run of so many connections, as play() has them. */
export function phasesOf(connections: number, steadyUs = 3 * SECOND): StrictScenario["phases"] {
  return [
    {
      ...{ phase: "open", exclude: true, messageFactor: 0 },
      ...{ durationUs: SECOND, ramp: "burst", to: connections },
    },
    {
      ...{ phase: "steady", exclude: false, messageFactor: 1 },
      ...{ durationUs: steadyUs, ramp: "hold" },
    },
  ];
}

/** Messages that came in [fromUs, toUs) since the second phase began. */
export function arrivedIn(
  { arrivals }: SeenConnection,
  [fromUs, toUs]: readonly [number, number],
  at: Done["at"],
): number {
  return arrivals.filter((us) => at(us) >= fromUs && at(us) < toUs).length;
}

export function ended(seen: readonly SeenConnection[], beforeUs: number, at: Done["at"]) {
  return seen.filter(({ closedUs }) => closedUs !== null && at(closedUs) < beforeUs);
}
