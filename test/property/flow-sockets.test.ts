/**
 * Goal: over real sockets, with either driver, a flow is the flow as one would tell it. Method: an engine with as many roles as
 * there are flows of random steps, a connection each, and a service in this thread that hears what is sent and says what the
 * test says, when it says so; what was sent and when, whether it left, and each step's counts are those of flow-model.ts.
 * The clock goes on by a millisecond when nothing is on its way any more, so times are compared exactly.
 */
import { once } from "node:events";
import { type AddressInfo, Socket } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { namesOf } from "../../shared/scenario/names.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import type { StrictFlow, StrictRole } from "../../shared/scenario/strict-conversation.ts";
import { NAME_COUNTERS } from "../../shared/stats/counters.ts";
import { runEngine } from "../support/engine-run.ts";
import { scenario } from "../support/scenario.ts";
import { TurnClock } from "../support/turn-clock.ts";
import { coming, flow, MS, TURNS } from "./flow-arbitraries.ts";
import { FlowModel } from "./flow-model.ts";

const FLOWS = 8;
const RUNS = 3;
/** Turns of this thread in which nothing moved: what was read has been dealt with then, and who closes has closed. */
const QUIET_TURNS = 4;
/** Until all have opened. */
const OPEN_MS = 20;

interface Play {
  readonly played: StrictFlow;
  readonly named: number;
  readonly messages: readonly (readonly (string | number)[])[];
}

/** Whether bytes were written to a connection between two sockets of this process that the other one has not read. */
function isOnItsWay(): boolean {
  const handles = (process as unknown as { _getActiveHandles(): unknown[] })._getActiveHandles();
  const sockets = handles.filter((handle) => handle instanceof Socket);
  const byPort = new Map(sockets.map((socket) => [socket.localPort, socket]));
  return sockets.some((socket) => {
    const peer = byPort.get(socket.remotePort);
    if (peer === undefined || peer.remotePort !== socket.localPort) return false;
    return peer.bytesRead < socket.bytesWritten;
  });
}

/** Stands still while something is on its way. */
class QuietClock extends TurnClock {
  #nowUs = 5_000_000;
  #quiet = 0;
  readonly #whenQuiet: (nowUs: number) => boolean;

  /** @param whenQuiet says what is to be said now; false: there is nothing left to say */
  constructor(whenQuiet: (nowUs: number) => boolean) {
    super();
    this.#whenQuiet = whenQuiet;
  }

  override readonly monotonicUs = (): number => this.#nowUs;

  override turn(): void {
    if (++this.#quiet < QUIET_TURNS || isOnItsWay()) return;
    this.#quiet = 0;
    if (!this.#whenQuiet(this.#nowUs)) this.#nowUs += MS;
  }

  moved(): void {
    this.#quiet = 0;
  }
}

/** One connection as the service saw it. */
interface Heard {
  readonly socket: WebSocket;
  readonly openedUs: number;
  readonly log: string[];
  said: number;
}

async function playOverSockets(plays: readonly Play[], driver: "lean" | "ws") {
  const heard = new Map<number, Heard>();
  const clock = new QuietClock((nowUs) => {
    // A close takes several turns, and no time.
    let hasSaid = [...heard.values()].some(({ socket }) => socket.readyState === socket.CLOSING);
    for (const [role, one] of heard) {
      const turn = Math.round((nowUs - one.openedUs) / MS);
      if (turn === 0 || turn <= one.said || turn > TURNS) continue;
      one.said = turn;
      for (const text of plays[role]?.messages[turn - 1] ?? []) {
        if (one.socket.readyState !== one.socket.OPEN) break;
        one.socket.send(JSON.stringify({ k: kindOf(text, plays[role] as Play) }));
        hasSaid = true;
      }
    }
    return hasSaid;
  });
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  server.on("connection", (socket, request) => {
    clock.moved();
    const openedUs = clock.monotonicUs();
    const one: Heard = { socket, openedUs, log: [], said: 0 };
    heard.set(Number(request.headers["x-role"]), one);
    const told = (what: string) => {
      clock.moved();
      one.log.push(`${clock.monotonicUs() - openedUs} ${what}`);
    };
    socket.on("message", (data) => told(String(data)));
    socket.on("close", () => told("left"));
  });
  const { port } = server.address() as AddressInfo;
  const over = scenarioOf(`ws://127.0.0.1:${port}/`, plays, driver);
  const { frames } = await runEngine(over, { clock, shards: 1 });
  server.close();
  const counts = new Map<string, number[]>();
  for (const { name, counters } of frames.flatMap(({ names }) => names)) {
    const part = namesOf(over)[name];
    const key = `${part?.role} ${part?.name}`;
    const row = counts.get(key) ?? [];
    const sum = NAME_COUNTERS.map((_, at) => (counters[at] ?? 0) + (row[at] ?? 0));
    counts.set(key, sum);
  }
  return { heard, counts };
}

function scenarioOf(url: string, plays: readonly Play[], driver: "lean" | "ws"): StrictScenario {
  const { connect } = scenario(url, { connect: { driver } });
  const header = (role: number) => [["x-role", String(role)] as const];
  return scenario(url, {
    messages: null,
    connect: { driver },
    integrity: { stamp: false, order: null, isolation: { owner: null, canary: false } },
    roles: plays.map(({ played }, role): StrictRole => {
      return {
        ...{ name: `r${role}`, share: 1 / plays.length, messages: null, flow: played },
        ...{ listen: [], answers: [], connect: { ...connect, headers: header(role) } },
      };
    }),
    phases: [
      {
        ...{ phase: "open", exclude: false, messageFactor: 1, ramp: "linear" },
        ...{ durationUs: OPEN_MS * MS, to: plays.length },
      },
      {
        ...{ phase: "play", exclude: false, messageFactor: 1, ramp: "hold" },
        durationUs: (TURNS + 5) * MS,
      },
    ],
  });
}

function kindOf(text: string | number, { named }: Play): string {
  return typeof text === "string" ? text : `r s${text % Math.max(1, named)}`;
}

/** What the reference does in so many turns. */
function modelOf(play: Play): FlowModel {
  const model = new FlowModel(play.played);
  model.open();
  for (const [turn, texts] of play.messages.entries()) {
    const nowUs = (turn + 1) * MS;
    model.turn(nowUs);
    for (const text of texts) model.receive(nowUs, kindOf(text, play));
  }
  return model;
}

const play = fc.record({ flow, messages: coming }).map(({ flow: { played, named }, messages }) => {
  return { played, named, messages };
});

describe.each(["lean", "ws"] as const)("flows of random steps over %s sockets", (driver) => {
  it("do what the reference does, whatever comes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(play, { minLength: FLOWS, maxLength: FLOWS }), async (plays) => {
        const { heard, counts } = await playOverSockets(plays, driver);
        for (const [role, one] of plays.entries()) {
          const model = modelOf(one);
          const inTime = (line: string) => Number.parseInt(line, 10) <= TURNS * MS;
          expect(heard.get(role)?.log.filter(inTime)).toEqual(model.log);
          // What is under way at the end may have begun since.
          for (const [name, row] of model.counts) {
            const counted = counts.get(`${role} ${name}`) ?? [];
            for (const key of ["started", "completed", "failed", "arrived"] as const) {
              const count = counted[NAME_COUNTERS.indexOf(key)] ?? 0;
              expect(count, `${role} ${name} ${key}`).toBeGreaterThanOrEqual(row[key]);
              if (model.hasLeft) expect(count, `${role} ${name} ${key}`).toBe(row[key]);
            }
          }
        }
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
  });
});
