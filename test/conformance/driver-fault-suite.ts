/**
 * What faults ask of a socket, the same for both drivers: to read nothing, to answer no ping, to vanish. Method: a server of the ws
 * package on loopback; what it still gets, and what it does not, is the oracle.
 */
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asFaulty, type Driver, type FaultySocket } from "../../worker/socket/driver.ts";
import { buildFrame, nextMask, Opcode } from "../../worker/socket/lean/frame-builder.ts";
import { type MarkedServer, markedServer, type SeenConnection } from "../support/marked-server.ts";
import { endpointAt, TracingOwner } from "./driver-trace.ts";

let connections = 0;

export function driverFaultSuite(driver: Driver): void {
  let server: MarkedServer;
  beforeAll(async () => {
    server = await markedServer(() => 0);
  });
  afterAll(() => server.close());

  async function connected(): Promise<{
    socket: FaultySocket;
    owner: TracingOwner;
    seen: SeenConnection;
  }> {
    const index = connections++;
    const owner = new TracingOwner(driver);
    const endpoint = endpointAt(Number(new URL(server.url.split("?")[0] ?? "").port));
    const path = `/?i=${index}`;
    owner.socket = driver.open(
      { endpoint, path, address: "127.0.0.1", localAddress: null, headers: [] },
      owner,
    );
    const find = () => server.seen.find((one) => one.index === index);
    await expect.poll(() => owner.lines.includes("open") && find() !== undefined).toBe(true);
    return { socket: asFaulty(owner.socket), owner, seen: find() as SeenConnection };
  }

  const messages = ({ lines }: TracingOwner) =>
    lines.filter((line) => line.startsWith("text")).length;

  describe(`${driver.name}: faults`, () => {
    it("reads nothing while it is held, and all of it afterwards", async () => {
      const { socket, owner, seen } = await connected();
      socket.gate.hold(true);
      // More than fits into the buffers of both sides.
      const big = "x".repeat(1 << 20);
      for (let message = 0; message < 16; message++) seen.socket.send(big);
      await delay(150);
      expect(messages(owner)).toBe(0);
      expect(seen.socket.bufferedAmount).toBeGreaterThan(1 << 20);
      socket.gate.hold(false);
      await expect.poll(() => messages(owner)).toBe(16);
      expect(seen.socket.bufferedAmount).toBe(0);
      socket.abort(true);
    });

    it("reads once and no more while it sips, until it may again", async () => {
      const { socket, owner, seen } = await connected();
      socket.gate.sip(true);
      const before = socket.gate.bytes;
      const big = "x".repeat(1 << 20);
      for (let message = 0; message < 4; message++) seen.socket.send(big);
      for (let reads = 1; reads <= 10; reads++) {
        await delay(10);
        const { bytes } = socket.gate;
        expect(bytes - before).toBeGreaterThan(0);
        // Under ws a read that has begun is not taken back.
        expect(bytes - before).toBeLessThanOrEqual((reads + 1) * 65_536);
        socket.gate.mayRead();
      }
      expect(messages(owner)).toBe(0);
      socket.gate.sip(false);
      await expect.poll(() => messages(owner)).toBe(4);
      socket.abort(true);
    });

    it("lets out as many bytes as it is told while it is slow, and the rest afterwards", async () => {
      const { socket, seen } = await connected();
      const { transport } = seen;
      const before = transport.bytesRead;
      socket.dribble.slow(true);
      // Masked, of 100 bytes each.
      const frame = buildFrame(Opcode.binary, Buffer.alloc(94), nextMask());
      for (let message = 0; message < 3; message++) socket.inject(frame);
      await delay(20);
      expect(transport.bytesRead - before).toBe(0);
      for (const sum of [1, 2, 7, 99]) {
        socket.dribble.let(sum - (transport.bytesRead - before));
        await expect.poll(() => transport.bytesRead - before).toBe(sum);
      }
      await delay(20);
      expect([seen.received, transport.bytesRead - before]).toEqual([0, 99]);
      expect(socket.bufferedBytes()).toBe(300);
      socket.dribble.let(1);
      await expect.poll(() => seen.received).toBe(1);
      for (let message = 0; message < 3; message++) socket.inject(frame);
      socket.dribble.slow(false);
      await expect.poll(() => seen.received).toBe(6);
      expect(transport.bytesRead - before).toBe(600);
      expect(socket.bufferedBytes()).toBe(0);
      socket.inject(frame);
      await expect.poll(() => seen.received).toBe(7);
      socket.abort(true);
    });

    it("answers no ping while it is muted, and pings again afterwards", async () => {
      const { socket, owner, seen } = await connected();
      const pinged = async () => {
        seen.socket.ping();
        seen.socket.send("after the ping");
        const before = messages(owner);
        await expect.poll(() => messages(owner)).toBeGreaterThan(before);
        await delay(20);
        return seen.pongs;
      };
      expect(await pinged()).toBe(1);
      socket.mute(true);
      expect(await pinged()).toBe(1);
      expect(await pinged()).toBe(1);
      socket.mute(false);
      expect(await pinged()).toBe(2);
      socket.abort(true);
    });

    it("vanishes: says and hears nothing more, and is there until it is aborted", async () => {
      const { socket, owner, seen } = await connected();
      const before = [...owner.lines];
      socket.vanish();
      seen.socket.send("to nobody");
      seen.socket.ping();
      socket.ping(Buffer.from("x"));
      socket.close(1000);
      await delay(100);
      expect(owner.lines).toEqual(before);
      expect([seen.received, seen.pongs, seen.closedUs]).toEqual([0, 0, null]);
      socket.abort(true);
      await expect.poll(() => seen.code).toBe(1006);
      expect(owner.lines).toEqual(before);
    });

    it("hears nothing of a server that closes a connection that has vanished", async () => {
      const { socket, owner, seen } = await connected();
      const before = [...owner.lines];
      socket.vanish();
      seen.transport.destroy();
      await delay(50);
      socket.abort(true);
      await delay(50);
      expect(owner.lines).toEqual(before);
    });
  });
}
