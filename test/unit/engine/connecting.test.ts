/**
 * How an engine's connections come about, against raw servers on loopback. Goal: what a target answers, and what is
 * the generator's own part in it, is told as it was.
 */
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { StrictPhase } from "../../../shared/scenario/strict.ts";
import { acceptFor, VALID_RESPONSE } from "../../conformance/hostile-server.ts";
import { binary } from "../../conformance/server-frame.ts";
import { runEngine } from "../../support/engine-run.ts";
import { echoMessage, messages, scenario } from "../../support/scenario.ts";
import { TurnClock } from "../../support/turn-clock.ts";

const servers: Server[] = [];

const burst: StrictPhase = {
  phase: "burst",
  exclude: false,
  durationUs: 700_000,
  messageFactor: 1,
  ramp: "burst",
  to: 20,
};

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** Answers each request head with the same bytes, or does what it is told. */
async function answering(answer: string | ((socket: Socket) => void)): Promise<string> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => {});
    if (typeof answer === "string") socket.once("data", () => socket.end(answer));
    else answer(socket);
  });
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** Lets everybody in at one address; the others of 127/8 refuse at its port, or also listen. */
async function listeningAt(addresses: readonly string[]) {
  const accepted = new Map<string, number>();
  let port = 0;
  for (const address of addresses) {
    const server = createServer((socket) => {
      socket.on("error", () => {});
      accepted.set(address, (accepted.get(address) ?? 0) + 1);
      upgrading(Buffer.alloc(0))(socket);
    });
    servers.push(server);
    server.listen(port, address);
    await once(server, "listening");
    port = (server.address() as AddressInfo).port;
  }
  return { url: `ws://127.0.0.1:${port}/`, accepted };
}

/** Upgrades every connection and then writes `frames`. */
function upgrading(frames: Buffer, response = VALID_RESPONSE) {
  return (socket: Socket): void => {
    socket.once("data", (head) => {
      const key = /^sec-websocket-key: *(\S+)/im.exec(head.toString())?.[1] ?? "";
      socket.write(response.replace("{accept}", acceptFor(key)));
      if (frames.length > 0) socket.write(frames);
    });
  };
}

describe.each(["lean", "ws"] as const)("connecting, %s driver", (driver) => {
  it("keeps where a redirect leads, escaped and short", async () => {
    const location = `https://login.example/\u0085start?${"x".repeat(2000)}`;
    const url = await answering(`HTTP/1.1 302 Found\r\nLocation: ${location}\r\n\r\n`);
    const { failures, frames } = await runEngine(scenario(url, { connect: { driver } }));
    expect(failures).toEqual([{ kind: "upgrade-status", signature: "302 Found", count: 20 }]);
    const samples = frames.flatMap((frame) => frame.failures.map(({ sample }) => sample?.detail));
    expect(samples[0]).toMatch(/^Location: https:\/\/login\.example\/.*\\u\{85\}start\?x+…$/);
    expect(samples[0]?.length).toBe(500);
  });

  it("names its own limit when a message is over maxMessage", async () => {
    const url = await answering(upgrading(binary(Buffer.alloc(2000))));
    const { failures, closes, counters } = await runEngine(
      scenario(url, { connect: { driver, maxMessageBytes: 1000 }, messages: null }),
    );
    expect(failures).toEqual([
      { kind: "message-limit", signature: "1009 message over the size limit", count: 20 },
    ]);
    expect(closes).toEqual({ limit: 20 });
    expect(counters).toMatchObject({ established: 20, closed: 20, failed: 0 });
  });

  it("does not hold its own lateness against the target", async () => {
    const url = await answering(upgrading(Buffer.alloc(0)));
    let stalled = false;
    const clock = new TurnClock();
    const { histogram } = await runEngine(
      scenario(url, {
        connect: { driver },
        messages: null,
        phases: [burst],
      }),
      {
        clock,
        onTurn: (_, runUs) => {
          if (stalled || runUs < 0) return;
          stalled = true;
          clock.standStill(200_000);
        },
      },
    );
    const lagUs = histogram("openLag").min;
    const connectUs = histogram("connect").min;
    expect(lagUs).toBeGreaterThan(150_000);
    expect(connectUs).toBeLessThan(lagUs);
    expect(histogram("connect").count).toBe(20);
  });

  it("tells how many connections agreed on what", async () => {
    const switching = VALID_RESPONSE.replace(
      "\r\n\r\n",
      "\r\nSec-WebSocket-Protocol: chat.v1\r\n\r\n",
    );
    const url = await answering(upgrading(Buffer.alloc(0), switching));
    const { frames } = await runEngine(
      scenario(url, { connect: { driver, subprotocols: ["chat.v2", "chat.v1"] }, messages: null }),
    );
    const agreed = frames.flatMap((frame) => frame.agreed);
    expect(agreed.reduce((sum, { count }) => sum + count, 0)).toBe(20);
    expect(new Set(agreed.map(({ protocol, extensions }) => `${protocol}|${extensions}`))).toEqual(
      new Set(["chat.v1|"]),
    );
  });

  it("tells what never left from what was sent", async () => {
    const bytes = 100_000;
    let received = 0;
    let ended: () => void = () => {};
    const all = new Promise<void>((resolve) => {
      ended = resolve;
    });
    const clock = new TurnClock();
    const url = await answering((socket) => {
      upgrading(Buffer.alloc(0))(socket);
      socket.once("data", () => socket.pause());
      // Reads nothing, ends its side, and then takes what had been sent until then.
      clock.after(700, () => socket.end());
      clock.after(900, () => socket.on("data", (chunk) => (received += chunk.length)).resume());
      socket.on("end", ended);
    });
    const send = { kind: "binary", sizes: [bytes], fill: "zero" } as const;
    const { counters } = await runEngine(
      scenario(url, {
        connect: { driver },
        phases: [{ ...burst, to: 1, durationUs: 1_200_000 }],
        messages: messages({
          rate: { kind: "perConnection", perSec: 200 },
          mix: [echoMessage({ send, reply: { match: "none" } })],
        }),
      }),
      { clock },
    );
    await all;
    expect(counters.discarded).toBeGreaterThan(0);
    expect(counters.sent - counters.discarded).toBe(Math.floor(received / (bytes + 14)));
  });

  it("uses all addresses of a name, and another in turn where one refuses", async () => {
    const { url, accepted } = await listeningAt(["127.0.0.1", "127.0.0.2"]);
    const { counters, failures, histogram } = await runEngine(
      scenario(url, { connect: { driver }, messages: null }),
      { addresses: ["127.0.0.1", "127.0.0.2", "127.0.0.3"] },
    );
    expect(counters).toMatchObject({ attempted: 20, established: 20, failed: 0, reconnects: 0 });
    expect(failures.filter(({ kind }) => kind.startsWith("tcp"))).toEqual([]);
    // Connections 2, 5, 8 … begin at the third, which refuses, and go on at the first.
    expect(Object.fromEntries(accepted)).toEqual({ "127.0.0.1": 13, "127.0.0.2": 7 });
    expect(histogram("tcp").count).toBe(20);
  });

  it("fails once when all addresses refuse", async () => {
    const { url } = await listeningAt(["127.0.0.1"]);
    const { counters, failures } = await runEngine(
      scenario(url, { connect: { driver }, messages: null }),
      { addresses: ["127.0.0.2", "127.0.0.3"] },
    );
    expect(counters).toMatchObject({ attempted: 20, established: 0, failed: 20 });
    expect(failures).toEqual([{ kind: "tcp-refused", signature: "ECONNREFUSED", count: 20 }]);
  });

  it("names the scenario when a request cannot be sent", async () => {
    const url = await answering("never asked");
    const { failures } = await runEngine(
      scenario(url, { connect: { driver, headers: [["x-name", "\u4e2d"]] } }),
    );
    expect(failures).toEqual([
      {
        kind: "scenario-value",
        signature: "request header x-name has invalid characters",
        count: 20,
      },
    ]);
  });

  it("asks for the Host it is told, each connection for its own", async () => {
    const hosts: string[] = [];
    const url = await answering((socket) => {
      socket.once("data", (head) => {
        hosts.push(...(head.toString().match(/^host: .*$/gim) ?? []));
        socket.end("HTTP/1.1 503 Busy\r\n\r\n");
      });
    });
    const headers = [["host", "v{{conn.index}}.example:8443"]] as const;
    await runEngine(scenario(url, { connect: { driver, headers } }));
    const sent = hosts.map((line) => line.replace(/^host: /i, "")).sort();
    expect(sent).toEqual([...Array(20).keys()].map((at) => `v${at}.example:8443`).sort());
  });
});
