/**
 * How an engine's connections come about, against raw servers on loopback. Goal: what a target answers, and what is
 * the generator's own part in it, is told as it was.
 */
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { runEngine } from "../../support/engine-run.ts";
import { scenario } from "../../support/scenario.ts";

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** Answers each request head with the same bytes, or does what it is told. */
async function answering(answer: string | ((socket: Socket) => void)): Promise<string> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    if (typeof answer === "string") socket.once("data", () => socket.end(answer));
    else answer(socket);
  });
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
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
});
