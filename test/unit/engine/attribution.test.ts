import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, it } from "vitest";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import { ONE_REPLY } from "../../../shared/scenario/defaults.ts";
import type { StrictPhase } from "../../../shared/scenario/strict.ts";
import {
  PHASE_COUNTERS,
  type PhaseCounter,
  TARGET_COUNTERS,
  type TargetCounter,
} from "../../../shared/stats/counters.ts";
import type { FailureKind } from "../../../shared/stats/failure-kind.ts";
import { type EngineRun, runEngine } from "../../support/engine-run.ts";
import { echoMessage, messages, scenario } from "../../support/scenario.ts";
import { TurnClock } from "../../support/turn-clock.ts";

const servers: WebSocketServer[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    for (const client of server.clients) client.terminate();
    server.close();
  }
});

type OnMessage = (socket: WebSocket, data: RawData, binary: boolean) => void;

async function serve(
  onMessage: OnMessage,
  options: { autoPong?: boolean } = {},
): Promise<{ url: string; server: WebSocketServer }> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", ...options });
  servers.push(server);
  await once(server, "listening");
  server.on("connection", (socket) => {
    socket.on("error", () => {});
    socket.on("message", (data, binary) => onMessage(socket, data, binary));
  });
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`, server };
}

const echo: OnMessage = (socket, data, binary) => socket.send(data, { binary });

const phase = { exclude: false, messageFactor: 1 };
/** Ten connections from the start, then a phase in which nothing opens. */
const twoPhases: readonly StrictPhase[] = [
  { ...phase, phase: "open", durationUs: 500_000, ramp: "burst", to: 10 },
  { ...phase, phase: "hold", durationUs: 1_200_000, ramp: "hold" },
];

function inPhase({ frames }: EngineRun, counter: PhaseCounter): number[] {
  const at = PHASE_COUNTERS.indexOf(counter);
  const sums = [0, 0];
  for (const frame of frames) {
    for (const row of frame.phases) {
      sums[row.phase] = (sums[row.phase] ?? 0) + (row.counters[at] ?? 0);
    }
  }
  return sums;
}

function failedIn({ frames }: EngineRun, kind: FailureKind): number[] {
  const sums = [0, 0];
  for (const failure of frames.flatMap((frame) => frame.failures)) {
    if (failure.kind === kind) sums[failure.phase] = (sums[failure.phase] ?? 0) + failure.count;
  }
  return sums;
}

describe("a failure", () => {
  it("is in the phase of the counter that counts it: replies that stay out", async () => {
    let count = 0;
    const { url } = await serve((socket, data, binary) => {
      if (++count % 5 !== 0) echo(socket, data, binary);
    });
    const reply = { match: "echo", withinUs: 300_000, ...ONE_REPLY } as const;
    const run = await runEngine(
      scenario(url, { phases: twoPhases, messages: messages({ mix: [echoMessage({ reply })] }) }),
    );
    const missed = inPhase(run, "timedOut");
    expect(missed[1]).toBeGreaterThan(0);
    expect(failedIn(run, "reply-timeout")).toEqual(missed);
    // One thing went wrong with each of them, so one failure each.
    const all = run.failures.reduce((sum, { count: times }) => sum + times, 0);
    expect(all).toBe(run.counters.timedOut);
    expect(run.counters.lost).toBe(run.counters.timedOut);
    expect(run.failures).toEqual([{ kind: "reply-timeout", signature: "echo", count: all }]);
  });

  it("is in the phase in which a connection was cut, not in that of its open", async () => {
    let cut = false;
    const { url, server } = await serve(echo);
    const run = await runEngine(scenario(url, { phases: twoPhases }), {
      onTurn: (_, runUs) => {
        if (cut || runUs < 900_000) return;
        cut = true;
        for (const client of server.clients) client.terminate();
      },
    });
    expect(inPhase(run, "established")).toEqual([10, 0]);
    expect(inPhase(run, "dropped")).toEqual([0, 10]);
    expect(failedIn(run, "abnormal-close")).toEqual([0, 10]);
  });

  it("of a reply cut off by a close is one, beside that of the close", async () => {
    const { url } = await serve((socket) => socket.terminate());
    const run = await runEngine(scenario(url, { phases: twoPhases }));
    const { counters, failures, closes } = run;
    expect(counters).toMatchObject({ established: 10, dropped: 10, sent: 10, matched: 0 });
    expect(counters).toMatchObject({ expected: 10, unanswered: 10, lost: 10, timedOut: 0 });
    expect(closes).toEqual({ abnormal: 10 });
    const byKind = failures.map(({ kind, count }) => [kind, count]);
    expect(byKind.sort()).toEqual([
      ["abnormal-close", 10],
      ["unanswered", 10],
    ]);
    expect(failures.find(({ kind }) => kind === "unanswered")?.signature).toBe("echo");
  });

  it("is none when we cut off the reply ourselves", async () => {
    const { url } = await serve(() => {});
    const reply = { match: "echo", withinUs: 60_000_000, ...ONE_REPLY } as const;
    const run = await runEngine(
      scenario(url, { phases: twoPhases, messages: messages({ mix: [echoMessage({ reply })] }) }),
      { onTurn: (engine, runUs) => runUs > 800_000 && engine.end("abort") },
    );
    expect(run.counters.unanswered).toBe(run.counters.expected);
    expect(run.counters.expected).toBeGreaterThan(0);
    expect([run.counters.lost, run.counters.dropped]).toEqual([0, 0]);
    expect(run.failures).toEqual([]);
  });

  it("shows what came in place of the reply", async () => {
    const { url } = await serve((socket) => {
      socket.send('{"type":"noise"}');
      socket.send(`{"type":"error","code":"not_in_room","text":"\u001b[31m${"x".repeat(300)}"}`);
    });
    const run = await runEngine(
      scenario(url, {
        phases: twoPhases,
        messages: messages({
          mix: [
            echoMessage({
              send: { kind: "json", value: { type: "say" } },
              reply: {
                match: "where",
                where: "m.type == 'noise' && m.never",
                withinUs: 200_000,
                ...ONE_REPLY,
              },
            }),
          ],
        }),
      }),
    );
    const samples = run.frames
      .flatMap(({ failures }) => failures)
      .filter(({ kind }) => kind === "reply-timeout")
      .map(({ sample }) => sample?.detail);
    expect(samples.length).toBeGreaterThan(0);
    for (const detail of samples) {
      expect(detail).toMatch(
        /^came instead: (\{"type":"noise"\}|\{"type":"error",.*"text":"\\u\{1b\}\[31mx+…)$/,
      );
    }
  });
});

describe("a dropped connection", () => {
  it("is one that the target closes, resets or no longer answers", async () => {
    const endings: OnMessage[] = [
      (socket) => socket.close(1000),
      (socket) => socket.close(4003, "kicked"),
      (socket) => socket.terminate(),
    ];
    let at = 0;
    const { url } = await serve((...of) => endings[at++ % 3]?.(...of));
    const run = await runEngine(scenario(url, { phases: twoPhases }));
    expect(run.counters.dropped).toBe(10);
    expect((run.closes["peer"] ?? 0) + (run.closes["abnormal"] ?? 0)).toBe(10);
    const silent = await serve(() => {}, { autoPong: false });
    const heartbeat = { pingUs: 200_000, timeoutUs: 200_000 };
    const quiet = await runEngine(
      scenario(silent.url, { phases: twoPhases, messages: null, connect: { heartbeat } }),
    );
    expect(quiet.closes).toEqual({ heartbeat: 10 });
    expect(quiet.counters.dropped).toBe(10);
    expect(quiet.counters.pings).toBe(10);
  });

  it("is none that the plan ends, a person stops or a lease ends, nor one whose target does not answer our Close", async () => {
    const { url } = await serve(echo);
    const planned = await runEngine(scenario(url, { phases: twoPhases }));
    expect([planned.closes, planned.counters.dropped]).toEqual([{ plan: 10 }, 0]);
    const stopped = await runEngine(scenario(url, { phases: twoPhases }), {
      onTurn: (engine, runUs) => runUs > 800_000 && engine.end("stop"),
    });
    expect([stopped.closes, stopped.counters.dropped]).toEqual([{ stop: 10 }, 0]);
    const fenced = await runEngine(scenario(url, { phases: twoPhases }), {
      onTurn: (engine, runUs) => runUs > 800_000 && engine.setLease(0),
    });
    expect([fenced.closes, fenced.counters.dropped]).toEqual([{ fenced: 10 }, 0]);
    const reset = await serve(echo);
    reset.server.on("connection", (socket, { socket: transport }) => {
      // Our Close is answered by the end of the transport.
      socket.once("close", () => transport.destroy());
      socket.on("message", () => {});
      transport.prependListener("data", (bytes: Buffer) => {
        if ((bytes[0] ?? 0) === 0x88) transport.resetAndDestroy();
      });
    });
    const cut = await runEngine(scenario(reset.url, { phases: twoPhases, messages: null }));
    expect(cut.closes).toEqual({ abnormal: 10 });
    expect(cut.counters.dropped).toBe(0);
  });
});

describe.each(["lean", "ws"] as const)("a Close of the target, %s driver", (driver) => {
  it("keeps its code when the target does not end the transport", async () => {
    const clock = new TurnClock();
    const server = createServer((request) => request.destroy());
    server.on("upgrade", ({ headers }, socket) => {
      const accept = createHash("sha1")
        .update(`${headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
        .digest("base64");
      socket.on("error", () => {});
      socket.write(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
          `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      // Close 4003 "kicked", and then nothing at all.
      clock.after(100, () => socket.write(Buffer.from("\x88\x08\x0f\xa3kicked", "latin1")));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const run = await runEngine(
      scenario(`ws://127.0.0.1:${port}/`, {
        phases: twoPhases,
        messages: null,
        connect: { driver },
      }),
      { clock },
    );
    server.closeAllConnections();
    server.close();
    expect(run.closes).toEqual({ peer: 10 });
    expect(run.counters.dropped).toBe(10);
    expect(run.failures).toEqual([{ kind: "close-code", signature: "4003 kicked", count: 10 }]);
  });
});

describe("counters per target", () => {
  it("add up to the run, and tell the one that fails from the one that does not", async () => {
    const good = await serve(echo);
    const bad = await serve((socket) => socket.close(1011, "out of order"));
    const run = await runEngine(
      scenario(good.url, {
        phases: twoPhases,
        targets: [
          { url: good.url, weight: 1, label: "good" },
          { url: bad.url, weight: 1, label: "bad" },
        ],
        connect: { reconnect: { policy: "fixed", minUs: 100_000, maxUs: 100_000, attempts: 9 } },
      }),
    );
    const rows = run.frames.flatMap((frame) => frame.targets);
    const of = (counter: TargetCounter, target: number) =>
      rows
        .filter((row) => row.target === target)
        .reduce((sum, row) => sum + (row.counters[TARGET_COUNTERS.indexOf(counter)] ?? 0), 0);
    for (const counter of TARGET_COUNTERS) {
      expect(of(counter, 0) + of(counter, 1), counter).toBe(run.counters[counter]);
    }
    expect(of("matched", 0)).toBe(of("expected", 0));
    expect(of("matched", 0)).toBeGreaterThan(0);
    expect([of("matched", 1), of("dropped", 0), of("reconnects", 0)]).toEqual([0, 0, 0]);
    // One that the plan was ending while it still waited was not dropped.
    expect(of("dropped", 1)).toBeGreaterThan(of("reconnects", 1) / 2);
    expect(of("dropped", 1)).toBeLessThanOrEqual(run.closes["peer"] ?? 0);
    expect(of("reconnects", 1)).toBeGreaterThan(0);
  });
});

describe("a standstill of the engine", () => {
  it("makes nobody late who answered meanwhile: neither replies nor pongs", async () => {
    // A service on a thread of its own goes on while this one stands still.
    const service = new Worker(
      `const { WebSocketServer } = require("ws");
       const { parentPort } = require("node:worker_threads");
       const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
       server.on("connection", (socket) => socket.on("message", (data, binary) =>
         setTimeout(() => socket.send(data, { binary }), 50)));
       server.on("listening", () => parentPort.postMessage(server.address().port));`,
      { eval: true },
    );
    const [port] = (await once(service, "message")) as [number];
    let stoodStill = 0;
    // The service has to keep up.
    const clock = new TurnClock(1);
    const run = await runEngine(
      scenario(`ws://127.0.0.1:${port}/`, {
        phases: twoPhases,
        connect: { heartbeat: { pingUs: 50_000, timeoutUs: 2_000_000 } },
        messages: messages({
          rate: { kind: "perConnection", perSec: 20 },
          mix: [echoMessage({ reply: { match: "echo", withinUs: 2_000_000, ...ONE_REPLY } })],
        }),
      }),
      {
        clock,
        onTurn: (_, runUs) => {
          if (runUs < 600_000 || stoodStill > 0) return;
          stoodStill++;
          // Long enough for the service to answer what it was asked.
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
          clock.standStill(2_500_000);
        },
      },
    );
    await service.terminate();
    expect(stoodStill).toBe(1);
    expect(run.closes).toEqual({ plan: 10 });
    expect(run.failures).toEqual([]);
    expect([run.counters.timedOut, run.counters.late]).toEqual([0, 0]);
    // How long it took is told as it was.
    expect(run.histogram("service").max).toBeGreaterThan(2_000_000);
  });
});

describe("late and pushed messages on real sockets", () => {
  it("a target that answers in order, but too late, has answered nothing in time", async () => {
    const clock = new TurnClock();
    const { url } = await serve((socket, data, binary) => {
      clock.after(400, () => socket.readyState === socket.OPEN && echo(socket, data, binary));
    });
    for (const match of ["next", "echo"] as const) {
      const run = await runEngine(
        scenario(url, {
          phases: twoPhases,
          messages: messages({
            rate: { kind: "perConnection", perSec: 3 },
            mix: [
              echoMessage({
                send: { kind: "text", text: "ping" },
                reply: { match, withinUs: 150_000, ...ONE_REPLY },
              }),
            ],
          }),
        }),
        { clock },
      );
      const { matched, timedOut, expected, late } = run.counters;
      expect([matched, timedOut]).toEqual([0, expected]);
      expect(late).toBeGreaterThan(0);
      expect(run.failures.map(({ kind }) => kind)).toEqual(["reply-timeout"]);
    }
  });

  it("binary messages pushed in the size of the echoes are unsolicited, each of them", async () => {
    let pushed = 0;
    const clock = new TurnClock();
    const { url, server } = await serve(echo);
    server.on("connection", (socket) => {
      const push = () => {
        if (socket.readyState !== socket.OPEN) return;
        pushed++;
        socket.send(Buffer.alloc(64, pushed));
        clock.after(20, push);
      };
      clock.after(20, push);
    });
    const { counters } = await runEngine(scenario(url, { phases: twoPhases }), { clock });
    expect(counters.matched).toBe(counters.expected);
    expect([counters.corrupt, counters.duplicated, counters.leaked]).toEqual([0, 0, 0]);
    expect(counters.unsolicited).toBeGreaterThan(100);
    // What was on its way when we closed is read by nobody.
    expect(counters.unsolicited).toBeLessThanOrEqual(pushed);
  });
});
