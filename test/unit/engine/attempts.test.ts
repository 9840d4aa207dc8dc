/**
 * What a connection is told of itself: conn.attempt and seq, as the server sees them in headers and messages.
 * Method: a server that notes them per connection and cuts each one on its first messages.
 */

import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { NO_AUDIT } from "../../../shared/scenario/defaults.ts";
import { AttemptNumbers } from "../../../worker/engine/attempt-numbers.ts";
import { runEngine } from "../../support/engine-run.ts";
import { messages, scenario } from "../../support/scenario.ts";

const servers: WebSocketServer[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    for (const client of server.clients) client.terminate();
    server.close();
  }
});

/** What one index said over its life: its headers, and the first message of each socket. */
interface Said {
  readonly attempts: number[];
  readonly seqs: string[];
  readonly firsts: string[];
}

it.each(["lean", "ws"] as const)("conn.attempt and seq count from 0 (%s)", async (driver) => {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  servers.push(server);
  await once(server, "listening");
  const said: Record<string, Said> = {};
  server.on("connection", (socket, request) => {
    const { headers } = request;
    const index = String(headers["x-index"]);
    const mine = said[index] ?? { attempts: [], seqs: [], firsts: [] };
    said[index] = mine;
    mine.attempts.push(Number(headers["x-attempt"]));
    mine.seqs.push(String(headers["x-seq"]));
    socket.on("error", () => {});
    socket.once("message", (data) => {
      mine.firsts.push(String(data));
      // The first two sockets of each index are cut.
      if (mine.firsts.length <= 2) socket.close(1012, "restart");
    });
  });
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const phase = { exclude: false, messageFactor: 1, ramp: "burst" } as const;
  const { frames } = await runEngine(
    scenario(url, {
      connect: {
        driver,
        reconnect: { policy: "fixed", minUs: 50_000, maxUs: 50_000, attempts: 3 },
        headers: [
          ["x-index", "{{conn.index}}"],
          ["x-attempt", "{{conn.attempt}}"],
          ["x-seq", "{{seq}}"],
        ],
      },
      integrity: { ...NO_AUDIT, stamp: false },
      messages: messages({
        mix: [
          {
            name: "say",
            weight: 1,
            sequence: null,
            send: { kind: "text", text: "{{conn.attempt}} {{conn.attempt + 0}} {{seq}}" },
            reply: { match: "none" },
          },
        ],
      }),
      phases: [
        { phase: "up", durationUs: 1_500_000, to: 2, ...phase },
        { phase: "down", durationUs: 300_000, to: 0, ...phase },
        { phase: "again", durationUs: 800_000, to: 2, ...phase },
      ],
    }),
  );
  for (const index of ["0", "1"]) {
    expect(said[index]?.attempts).toEqual([0, 1, 2, 3]);
    expect(said[index]?.seqs).toEqual(["0", "0", "0", "0"]);
    expect(said[index]?.firsts).toEqual(["0 0 0", "1 1 0", "2 2 0", "3 3 0"]);
  }
  const samples = frames.flatMap(({ failures }) => failures.map(({ sample }) => sample?.attempt));
  expect(samples).toContain(0);
  expect(samples.every((attempt) => attempt === 0 || attempt === 1)).toBe(true);
});

it("an index that never reconnects is counted by its sessions", () => {
  const numbers = new AttemptNumbers();
  const begin = (session: number, again = 0) => {
    const attempt = numbers.first(7, session) + again;
    numbers.begun({ index: 7, attempt, incarnation: session * 65_536 + 1 + again });
    return attempt;
  };
  expect([begin(0), begin(1), begin(1, 1), begin(2), begin(3)]).toEqual([0, 1, 2, 3, 4]);
});
