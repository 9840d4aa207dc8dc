/** Goal: each rung tells of its own stage alone. Method: a real server that is slow behind its protocol stack, or deaf, or gone. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it, vi } from "vitest";
import { WebSocketServer } from "ws";
import { systemClock } from "../../../shared/time/clock.ts";
import { systemTimers } from "../../../shared/time/timer.ts";
import type { Rung } from "../../../shared/wire/frame/sentinel-rows.ts";
import { Ladder } from "../../../worker/sentinel/ladder.ts";
import { leanDriver } from "../../../worker/socket/lean/lean-driver.ts";

const SLOW_MS = 300;

const servers: WebSocketServer[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    for (const client of server.clients) client.terminate();
    server.close();
  }
});

async function serve(isDeaf: boolean): Promise<number> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", autoPong: !isDeaf });
  servers.push(server);
  await once(server, "listening");
  server.on("connection", (socket) => {
    socket.on("message", (data) => setTimeout(() => socket.send(data), SLOW_MS));
  });
  return (server.address() as AddressInfo).port;
}

/** Probes until `isEnough`; what each rung said. */
async function probed(port: number, isEnough: (seen: Record<Rung, (number | null)[]>) => boolean) {
  const seen: Record<Rung, (number | null)[]> = { wake: [], tcp: [], ping: [], echo: [] };
  let isOver = false;
  const endpoint = {
    ...{ secure: false, host: "127.0.0.1", port, headers: [], subprotocols: [] },
    tls: { ca: null, cert: null, key: null, servername: null, rejectUnauthorized: true },
    ...{ compression: false, maxMessageBytes: 1 << 20 },
  };
  const ladder = new Ladder({
    ...{ everyUs: 50_000, echo: "hello", address: "127.0.0.1", port, clock: systemClock },
    timers: {
      after: (ms, then) => systemTimers.after(ms, () => (isOver ? undefined : then())),
    },
    open: (owner) => {
      const request = { endpoint, path: "/", address: "127.0.0.1", localAddress: null };
      return leanDriver.open({ ...request, headers: [] }, owner);
    },
    onRung: (rung, tookUs) => seen[rung].push(tookUs),
    onRefused: () => expect.unreachable(),
  });
  ladder.step(systemClock.monotonicUs());
  await vi.waitUntil(() => isEnough(seen), { timeout: 60_000, interval: 20 });
  isOver = true;
  return seen;
}

it("an echo that is slow makes no other rung slow", async () => {
  const seen = await probed(await serve(false), ({ echo }) => echo.length >= 3);
  const least = (values: readonly (number | null)[]) =>
    Math.min(...values.map((value) => value ?? Number.POSITIVE_INFINITY));
  expect(least(seen.echo)).toBeGreaterThanOrEqual(SLOW_MS * 1000 - 2000);
  expect(least(seen.ping)).toBeLessThan((SLOW_MS * 1000) / 2);
  expect(least(seen.tcp)).toBeLessThan((SLOW_MS * 1000) / 2);
  expect(seen.wake.length).toBeGreaterThan(seen.echo.length);
});

it("where nobody listens only the lowest rung fails", async () => {
  const port = await serve(false);
  for (const server of servers.splice(0)) server.close();
  const seen = await probed(port, ({ tcp }) => tcp.length >= 3);
  expect(seen.tcp).toEqual(seen.tcp.map(() => null));
  expect([...seen.ping, ...seen.echo]).toEqual([]);
});
