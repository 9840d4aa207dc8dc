/**
 * One run of a real engine in which every kind of fault acts at the same time, each on half of the connections of a role of its own, against
 * a server that tells what it saw of each connection (wire-server.ts). Used by test/conformance/fault-wire-suite.ts.
 */
import { buildPopulation } from "../../shared/load/arrivals.ts";
import { RoleAssignment } from "../../shared/load/roles.ts";
import { victimsOf } from "../../shared/load/victims.ts";
import { faultWindows } from "../../shared/scenario/fault-windows.ts";
import { namesOf } from "../../shared/scenario/names.ts";
import { parseScenario } from "../../shared/scenario/parse.ts";
import { faultKindOf } from "../../shared/scenario/sections/faults/registry.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import { NAME_COUNTERS } from "../../shared/stats/counters.ts";
import { type EngineRun, runEngine } from "./engine-run.ts";
import {
  bytesOf,
  CUT_US,
  FROM_US,
  PING_EVERY_US,
  type PlayedRow,
  RETRY_US,
  ROWS,
  SECOND,
  type SeenOfOne,
  UNTIL_US,
} from "./fault-signs.ts";
import { TurnClock } from "./turn-clock.ts";
import type { WireConnection, WireRequest, WireServer } from "./wire-server.ts";

/** Connections of each role. */
const EACH = 6;
/** Then the second phase begins. */
const OPEN_US = SECOND;

export interface WireRun {
  readonly scenario: StrictScenario;
  /** In the order of ROWS. */
  readonly played: readonly Played[];
}

export interface Played extends PlayedRow {
  /** Place of its window; of none when nothing was to act. */
  readonly position: number;
  readonly seen: readonly SeenOfOne[];
  /** Of its role, whom it was to hit by plan. */
  readonly victims: readonly number[];
  /** What its window counted. */
  readonly counts: Readonly<Record<string, number>>;
}

export interface WireRunOptions {
  readonly driver: "lean" | "ws";
  /** false: all is as with them, but no fault acts on anybody. */
  readonly hasFaults?: boolean;
}

/** @param open makes the server; times are those of the given clock */
export async function playAllRows(
  open: (nowUs: () => number) => Promise<WireServer>,
  { driver, hasFaults = true }: WireRunOptions,
): Promise<WireRun> {
  const clock = new TurnClock(1);
  const server = await open(clock.monotonicUs);
  try {
    const scenario = strictOf(scenarioFor(server.url, driver, hasFaults));
    let startUs = Number.NaN;
    let pingUs = 0;
    const run = await runEngine(scenario, {
      clock,
      onTurn: (_, runUs) => {
        if (Number.isNaN(startUs) && runUs >= 0) startUs = clock.monotonicUs() - runUs + OPEN_US;
        if (runUs < OPEN_US + pingUs) return;
        pingUs += PING_EVERY_US;
        server.ping();
      },
    });
    // Ends that are on their way yet.
    for (let turns = 0; turns < 2000 && server.connections.some(isOpen); turns++) {
      clock.turn();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return { scenario, played: playedOf(scenario, run, seenBy(server, startUs)) };
  } finally {
    await server.close();
  }
}

/** Names of roles are those of expressions. */
const roleOf = (kind: string) => kind.replaceAll("-", "_");
const isOpen = ({ closedUs }: WireConnection) => closedUs === null;

function scenarioFor(target: string, driver: "lean" | "ws", hasFaults: boolean): object {
  const ms = (us: number) => `${us / 1000}ms`;
  const at = (us: number) => `steady+${ms(us)}`;
  const roles = ROWS.map(({ name, row }) => {
    const { timeout } = row;
    const mix = [
      {
        name: "say",
        send: { binary: { size: bytesOf(row), fill: "random" } },
        reply: { match: "echo", within: "9s" },
      },
    ];
    const share = `${(100 / ROWS.length).toFixed(6)}%`;
    const role = { share, messages: { rate: "10/s", mix } };
    return [
      roleOf(name),
      { ...role, ...(timeout !== undefined && { connect: { timeout } }) },
    ] as const;
  });
  const faults = ROWS.map(({ name, keys, lasts }) => ({
    ...{ ...keys, name, at: at(FROM_US), who: { role: roleOf(name), share: "50%" } },
    ...(lasts && { for: ms(UNTIL_US - FROM_US) }),
  }));
  // Whose attempts are hit has to connect: once while the fault acts, and once afterwards.
  const connecting = ROWS.filter(({ kind }) => faultKindOf(kind).action.reach === "attempts");
  const cuts = connecting.map(({ name }) => ({
    ...{ name: `cut ${name}`, kind: "disconnect", how: "reset", who: { role: roleOf(name) } },
    ...{ at: at(CUT_US), every: "1100ms", times: 2 },
  }));
  return {
    ...{ version: 1, seed: 31, target, roles: Object.fromEntries(roles) },
    connect: {
      ...{ driver, timeout: "5s", tls: { verify: false } },
      reconnect: { policy: "fixed", min: ms(RETRY_US), attempts: 20 },
    },
    load: [
      {
        ...{ phase: "open", ramp: "linear", to: EACH * ROWS.length, over: ms(OPEN_US) },
        ...{ exclude: true, messages: 0 },
      },
      { phase: "steady", hold: "3s" },
    ],
    faults: [...(hasFaults ? faults : []), ...cuts],
  };
}

function strictOf(scenario: object): StrictScenario {
  const result = parseScenario(JSON.stringify(scenario), {
    ...{ fileName: "wire.json", env: {} },
    readFile: () => Buffer.alloc(0),
  });
  if (!result.ok) throw new Error(result.issues.map(({ path, what }) => path + what).join("; "));
  return result.scenario;
}

/** By index, with times since the second phase began. */
function seenBy({ connections, requests }: WireServer, startUs: number): Map<number, SeenOfOne> {
  const at = <Us extends number | null>(us: Us) => (us === null ? us : us - startUs);
  const all = new Map<number, { connections: WireConnection[]; requests: WireRequest[] }>();
  const of = (index: number) => {
    const one = all.get(index) ?? { connections: [], requests: [] };
    all.set(index, one);
    return one;
  };
  for (const one of connections) {
    const { index, code, messages, reads, pings } = one;
    of(index).connections.push({
      ...{ index, code, openedUs: at(one.openedUs), closedUs: at(one.closedUs) },
      messages: messages.map(({ atUs, bytes }) => ({ atUs: at(atUs), bytes })),
      reads: reads.map(({ atUs, bytes }) => ({ atUs: at(atUs), bytes })),
      pings: pings.map(({ sentUs, answeredUs }) => {
        return { sentUs: at(sentUs), answeredUs: at(answeredUs) };
      }),
    });
  }
  for (const { beganUs, askedUs, goneUs, head } of requests) {
    // Of one that was cut short the number may be, too.
    const index = /[?&]i=(\d+) /.exec(head)?.[1];
    if (index === undefined) continue;
    const times = { beganUs: at(beganUs), askedUs: at(askedUs), goneUs: at(goneUs) };
    of(Number(index)).requests.push({ ...times, head });
  }
  return new Map([...all].map(([index, one]) => [index, { index, ...one }]));
}

function playedOf(
  scenario: StrictScenario,
  run: EngineRun,
  seen: ReadonlyMap<number, SeenOfOne>,
): Played[] {
  const population = buildPopulation(scenario);
  const roles = RoleAssignment.of(scenario);
  const indices = [...Array(population.connections).keys()];
  const windows = faultWindows(scenario);
  return ROWS.map((row, role) => {
    const { name } = row;
    const window = windows.find(({ fault }) => fault.name === name);
    const whom = window === undefined ? null : victimsOf(scenario, population, window);
    const own = indices.filter((index) => roles.roleOf(index) === role);
    return {
      ...{ ...row, position: window?.position ?? -1 },
      seen: own.map((index) => seen.get(index) ?? { index, connections: [], requests: [] }),
      victims: own.filter((index) => whom?.has(index) === true),
      counts: countsOf(scenario, run, name),
    };
  });
}

function countsOf(scenario: StrictScenario, run: EngineRun, fault: string): Record<string, number> {
  const at = namesOf(scenario).findIndex(({ kind, name }) => kind === "fault" && name === fault);
  const rows = run.frames.flatMap(({ names }) => names).filter(({ name }) => name === at);
  return Object.fromEntries(
    NAME_COUNTERS.map((counter, column) => [
      counter,
      rows.reduce((sum, { counters }) => sum + (counters[column] ?? 0), 0),
    ]),
  );
}
