import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import { ONE_REPLY } from "../../../shared/scenario/defaults.ts";
import type { StrictScenario } from "../../../shared/scenario/strict.ts";
import { wholeShard } from "../../../shared/wire/slice.ts";
import { runEngine } from "../../support/engine-run.ts";
import { echoMessage, messages, scenario } from "../../support/scenario.ts";
import { TurnClock } from "../../support/turn-clock.ts";

/** What a server saw: the oracle. */
interface Seen {
  accepted: number;
  closed: Record<number, number>;
  messages: number;
  bytes: number;
}

const servers: WebSocketServer[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    for (const client of server.clients) client.terminate();
    server.close();
  }
});

async function serve(
  onMessage: (socket: WebSocket, data: RawData, binary: boolean) => void = echo,
): Promise<{ url: string; seen: Seen; server: WebSocketServer }> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
  servers.push(server);
  await once(server, "listening");
  const seen: Seen = { accepted: 0, closed: {}, messages: 0, bytes: 0 };
  server.on("connection", (socket) => {
    seen.accepted++;
    socket.on("close", (code) => {
      seen.closed[code] = (seen.closed[code] ?? 0) + 1;
    });
    socket.on("error", () => {});
    socket.on("message", (data, binary) => {
      seen.messages++;
      seen.bytes += (data as Buffer).length;
      onMessage(socket, data, binary);
    });
  });
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`, seen, server };
}

/** The server notices the end of a connection a little later than the client. */
async function allGone(): Promise<void> {
  for (let tries = 0; tries < 200 && (servers[0]?.clients.size ?? 0) > 0; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function echo(socket: WebSocket, data: RawData, binary: boolean): void {
  socket.send(data, { binary });
}

const drivers = ["lean", "ws"] as const;

function shortRun(url: string, over: Parameters<typeof scenario>[1] = {}): StrictScenario {
  return scenario(url, over);
}

describe.each(drivers)("an engine with the %s driver", (driver) => {
  it("agrees with the server on every count, and its ledger balances", async () => {
    const { url, seen } = await serve();
    const { counters, closes, histogram } = await runEngine(shortRun(url, { connect: { driver } }));
    expect(counters.attempted).toBe(20);
    expect(counters.established).toBe(20);
    expect(counters.closed).toBe(20);
    expect(closes).toEqual({ plan: 20 });
    await allGone();
    expect(seen).toEqual({
      accepted: 20,
      closed: { 1000: 20 },
      messages: counters.sent,
      bytes: counters.bytesSent,
    });
    expect(counters.planned).toBeGreaterThan(150);
    expect(counters.planned).toBe(counters.sent + counters.skippedNotOpen + counters.skippedBehind);
    expect(counters.expected).toBe(counters.sent);
    expect(counters.matched).toBe(counters.sent);
    expect(counters.received).toBe(counters.sent);
    expect(counters.bytesReceived).toBe(counters.bytesSent);
    for (const metric of ["latency", "service", "sendLag"] as const) {
      expect(histogram(metric).count).toBe(counters.sent);
    }
    for (const metric of ["connect", "tcp", "upgrade"] as const) {
      expect(histogram(metric).count).toBe(20);
    }
  });

  it("settles JSON replies by expression, text echoes by content, and the next reply in order", async () => {
    const { url, seen } = await serve((socket, data, binary) => {
      const text = data.toString();
      if (text.startsWith('{"type":"say"')) {
        const { id } = JSON.parse(text) as { id: string };
        socket.send(JSON.stringify({ type: "noise" }));
        socket.send(JSON.stringify({ type: "ack", id }));
      } else echo(socket, data, binary);
    });
    const { counters } = await runEngine(
      shortRun(url, {
        connect: { driver },
        messages: messages({
          mix: [
            echoMessage({
              name: "say",
              send: { kind: "json", value: { type: "say", id: "{{uuid}}" } },
              reply: {
                match: "where",
                where: "m.type == 'ack' && m.id == sent.id",
                withinUs: 1_000_000,
                ...ONE_REPLY,
              },
            }),
            echoMessage({ name: "text", send: { kind: "text", text: "hello {{seq}}" } }),
            echoMessage({
              name: "silent",
              send: { kind: "text", text: "constant" },
              reply: { match: "none" },
            }),
          ],
        }),
      }),
    );
    expect(seen.messages).toBe(counters.sent);
    expect(counters.matched).toBe(counters.expected);
    expect(counters.expected).toBeLessThan(counters.sent);
    const noise = counters.received - counters.matched;
    expect(counters.unsolicited).toBe(noise);
    expect(counters.timedOut + counters.lost).toBe(0);
  });
});

describe("delivery audit", () => {
  it("names exactly what was dropped, doubled, swapped, altered and misdelivered", async () => {
    let count = 0;
    let heldBack: (() => void) | null = null;
    let other: WebSocket | null = null;
    const { url } = await serve((socket, data, binary) => {
      count++;
      const reply = () => socket.send(data, { binary });
      if (count === 10 || count === 20) return;
      if (count === 30) {
        reply();
        reply();
        reply();
      } else if (count === 40) {
        const altered = Buffer.from(data as Buffer);
        altered[40] = (altered[40] ?? 0) ^ 1;
        socket.send(altered);
      } else if (count === 41) {
        const altered = Buffer.from(data as Buffer);
        altered[3] = (altered[3] ?? 0) ^ 1;
        socket.send(altered);
      } else if (count === 50) {
        heldBack = () => {
          reply();
          heldBack = null;
        };
        other = socket;
      } else if (count === 100) {
        for (const client of servers[0]?.clients ?? []) {
          if (client === socket) continue;
          client.send(data as Buffer, { binary: true });
          break;
        }
      } else {
        reply();
        if (heldBack && other === socket) heldBack();
      }
    });
    const { counters, failures } = await runEngine(
      scenario(url, {
        messages: messages({
          mix: [echoMessage({ reply: { match: "echo", withinUs: 400_000, ...ONE_REPLY } })],
        }),
      }),
    );
    expect(counters.duplicated).toBe(2);
    expect(counters.corrupt).toBe(2);
    expect(counters.corruptReplies).toBe(2);
    expect(counters.reordered).toBe(1);
    expect(counters.leaked).toBe(1);
    expect(counters.lost).toBe(3);
    expect(counters.timedOut).toBe(3);
    expect(counters.expected).toBe(
      counters.matched + counters.timedOut + counters.corruptReplies + counters.unanswered,
    );
    expect(failures.find(({ kind }) => kind === "corrupt")?.count).toBe(2);
  });

  it("tells a late reply from a lost one", async () => {
    let count = 0;
    const clock = new TurnClock();
    const { url } = await serve((socket, data, binary) => {
      if (++count === 5) clock.after(300, () => echo(socket, data, binary));
      else echo(socket, data, binary);
    });
    const { counters } = await runEngine(
      scenario(url, {
        messages: messages({
          mix: [echoMessage({ reply: { match: "echo", withinUs: 100_000, ...ONE_REPLY } })],
        }),
      }),
      { clock },
    );
    expect(counters.timedOut).toBe(1);
    expect(counters.late).toBe(1);
    expect(counters.lost).toBe(0);
    expect(counters.received).toBe(counters.matched + counters.late);
  });
});

describe("connections", () => {
  it("reconnects after a drop and counts each attempt", async () => {
    let dropped = 0;
    const { url, seen } = await serve((socket, data, binary) => {
      if (dropped < 5) {
        dropped++;
        socket.close(4001, "kicked");
      } else echo(socket, data, binary);
    });
    const { counters, closes, failures } = await runEngine(
      scenario(url, {
        connect: {
          reconnect: { policy: "fixed", minUs: 50_000, maxUs: 50_000, attempts: 3 },
        },
      }),
    );
    expect(counters.attempted).toBe(25);
    expect(counters.reconnects).toBe(5);
    expect(seen.accepted).toBe(counters.established);
    expect(closes).toEqual({ plan: 20, peer: 5 });
    expect(failures.find(({ kind }) => kind === "close-code")).toMatchObject({
      signature: "4001 kicked",
      count: 5,
    });
    expect(counters.unanswered).toBe(counters.lost);
  });

  it("counts refused connections and what they could not send", async () => {
    const { url, server } = await serve();
    server.close();
    await once(server, "close");
    const { counters, failures } = await runEngine(scenario(url));
    expect(counters.failed).toBe(20);
    expect(counters.established).toBe(0);
    expect(counters.planned).toBe(counters.skippedNotOpen);
    expect(counters.planned).toBeGreaterThan(100);
    expect(failures).toEqual([{ kind: "tcp-refused", signature: "ECONNREFUSED", count: 20 }]);
  });

  it("stops in order: no new sends, replies awaited, closed with 1000", async () => {
    const clock = new TurnClock();
    const { url, seen } = await serve((socket, data, binary) => {
      clock.after(50, () => echo(socket, data, binary));
    });
    const { counters, closes } = await runEngine(scenario(url), {
      clock,
      onTurn: (engine, runUs) => {
        if (runUs > 800_000) engine.end("stop");
      },
    });
    expect(closes).toEqual({ stop: 20 });
    await allGone();
    expect(seen.closed).toEqual({ 1000: 20 });
    expect(counters.matched).toBe(counters.sent);
    expect(counters.lost).toBe(0);
  });

  it("fences itself when its lease runs out", async () => {
    const { url, seen } = await serve();
    let fencedAtMessages = -1;
    const { closes } = await runEngine(scenario(url), {
      onTurn: (engine, runUs) => {
        if (runUs > 700_000 && fencedAtMessages < 0) {
          engine.setLease(0);
          fencedAtMessages = seen.messages;
        }
      },
    });
    expect(closes).toEqual({ fenced: 20 });
    expect(fencedAtMessages).toBeGreaterThan(0);
  });

  it("holds messages beyond the in-flight bound and keeps their intended time", async () => {
    const clock = new TurnClock();
    const { url } = await serve((socket, data, binary) => {
      clock.after(250, () => echo(socket, data, binary));
    });
    const { counters, histogram } = await runEngine(
      scenario(url, {
        messages: messages({ inFlight: 1, rate: { kind: "perConnection", perSec: 8 } }),
      }),
      { clock },
    );
    expect(counters.planned).toBe(
      counters.sent + counters.skippedNotOpen + counters.skippedBackpressure,
    );
    expect(counters.skippedBackpressure).toBeGreaterThan(0);
    const latency = histogram("latency");
    const service = histogram("service");
    expect(latency.count).toBe(service.count);
    expect(latency.max).toBeGreaterThan(service.quantile(0.5) * 1.5);
  });

  it("sends a total rate, each slot once, whoever is open", async () => {
    const { url, seen } = await serve();
    const { counters, histogram } = await runEngine(
      scenario(url, {
        phases: [
          {
            phase: "all",
            exclude: false,
            durationUs: 1_000_000,
            messageFactor: 1,
            ramp: "burst",
            to: 20,
          },
        ],
        messages: messages({ rate: { kind: "total", perSec: 400 } }),
      }),
    );
    expect(counters.planned).toBe(400);
    expect(counters.planned).toBe(counters.sent + counters.skippedNotOpen + counters.skippedBehind);
    expect(seen.messages).toBe(counters.sent);
    // Latency is send lag and service time, message by message, so their means add up too.
    const [latency, service, lag] = [
      histogram("latency").mean,
      histogram("service").mean,
      histogram("sendLag").mean,
    ];
    expect(lag).toBeGreaterThan(0);
    expect(Math.abs(latency - service - lag)).toBeLessThan(latency * 0.01 + 5);
  });

  it("takes shards over while running, in phase and without a burst", async () => {
    const { url, seen } = await serve();
    const clock = new TurnClock();
    const nowMs = () => clock.monotonicUs() / 1000;
    const acceptedMs: number[] = [];
    servers[0]?.on("connection", () => acceptedMs.push(nowMs()));
    let takenMs = 0;
    const phase = { phase: "all", exclude: false, messageFactor: 1 };
    const { counters, closes, histogram } = await runEngine(
      scenario(url, {
        phases: [
          { ...phase, phase: "up", durationUs: 1_000_000, ramp: "burst", to: 80 },
          { ...phase, phase: "stay", durationUs: 4_000_000, ramp: "hold" },
          { ...phase, phase: "down", durationUs: 500_000, ramp: "linear", to: 0 },
        ],
        messages: messages({ rate: { kind: "total", perSec: 400 } }),
      }),
      {
        clock,
        held: [0, 1, 2, 3],
        onTurn: (engine, runUs) => {
          if (takenMs > 0 || runUs < 1_500_000) return;
          takenMs = nowMs();
          engine.addSlices([4, 5, 6, 7].map(wholeShard));
        },
      },
    );
    expect(counters.established).toBe(80);
    expect(closes).toEqual({ plan: 80 });
    const [before, after] = [
      acceptedMs.filter((ms) => ms < takenMs),
      acceptedMs.filter((ms) => ms >= takenMs),
    ];
    expect([before.length, after.length]).toEqual([40, 40]);
    // Evenly over three seconds: in any half of it about half of them, whatever the machine does.
    expect(after.filter((ms) => ms < takenMs + 1500).length).toBeLessThan(30);
    // Half of the slots until the others came, then all of them; those of the time before are not looked at again.
    expect(counters.planned).toBeGreaterThan(1500);
    expect(counters.planned).toBeLessThan(1950);
    expect(counters.planned).toBe(counters.sent + counters.skippedNotOpen + counters.skippedBehind);
    expect(seen.messages).toBe(counters.sent);
    // Joining late is no lag of the engine.
    expect(histogram("loopLag").quantile(0.999)).toBeLessThan(1_000_000);
  });

  it("pings, and gives up on a connection that does not answer", async () => {
    const { url, server } = await serve();
    server.options.autoPong = true;
    const { counters, histogram } = await runEngine(
      scenario(url, {
        messages: null,
        connect: { heartbeat: { pingUs: 200_000, timeoutUs: 100_000 } },
      }),
    );
    expect(counters.pings).toBeGreaterThan(50);
    expect(counters.pongs).toBe(histogram("ping").count);
    expect(counters.closed).toBe(20);
  });
});
