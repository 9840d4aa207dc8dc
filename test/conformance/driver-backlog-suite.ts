/**
 * Sending against a server that does not read, the same for both drivers. Goal: nothing is lost, what waits is
 * counted, and no connection waits for a server that is gone.
 */
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { Driver, DriverSocket } from "../../worker/socket/driver.ts";
import { endpointAt, sendOn, TracingOwner } from "./driver-trace.ts";
import { acceptFor, VALID_RESPONSE } from "./hostile-server.ts";

export function driverBacklogSuite(driver: Driver): void {
  describe(`${driver.name} driver: back-pressure`, () => {
    interface Unread {
      readonly owner: TracingOwner;
      readonly socket: DriverSocket;
      readonly peer: Socket;
    }
    const payload = Buffer.alloc(64 * 1024, 7);

    /** A connection whose server has upgraded it and reads no more. */
    async function connectUnread(): Promise<Unread> {
      const listener = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
      await once(listener, "listening");
      const owner = new TracingOwner(driver);
      const endpoint = endpointAt((listener.address() as { port: number }).port);
      const accepted = once(listener, "connection");
      const socket = driver.open(
        { endpoint, path: "/", address: "127.0.0.1", localAddress: null, headers: [] },
        owner,
      );
      owner.socket = socket;
      const [peer] = (await accepted) as [Socket];
      listener.close();
      const [head] = (await once(peer, "data")) as [Buffer];
      peer.pause();
      peer.on("error", () => {});
      const key = /^sec-websocket-key: *(\S+)/im.exec(head.toString())?.[1] ?? "";
      peer.write(VALID_RESPONSE.replace("{accept}", acceptFor(key)));
      await owner.opened;
      return { owner, socket, peer };
    }

    /** Sends until buffers are kept; returns how many messages that took. */
    function fill(socket: DriverSocket): number {
      let sent = 1;
      while (sendOn(driver, socket, { payload, binary: true })) sent++;
      return sent;
    }

    it("says when a buffer is kept, counts what waits, and loses nothing", async () => {
      const warnings: Error[] = [];
      const onWarning = (warning: Error) => warnings.push(warning);
      process.on("warning", onWarning);
      const { socket, peer } = await connectUnread();
      let sent = fill(socket);
      expect(socket.bufferedBytes()).toBeGreaterThan(0);
      for (let more = 0; more < 50; more++) {
        expect(sendOn(driver, socket, { payload, binary: true })).toBe(false);
        sent++;
      }
      expect(socket.bufferedBytes()).toBeGreaterThan(50 * payload.length);
      const wanted = sent * (payload.length + 14);
      let received = 0;
      const all = new Promise<void>((resolve) => {
        peer.on("data", (chunk: Buffer) => {
          received += chunk.length;
          if (received >= wanted) resolve();
        });
      });
      peer.resume();
      await all;
      expect(received).toBe(wanted);
      while (socket.bufferedBytes() > 0) await delay(1);
      expect(sendOn(driver, socket, { payload: Buffer.from("x"), binary: true })).toBe(true);
      socket.abort(false);
      peer.destroy();
      process.off("warning", onWarning);
      expect(warnings).toEqual([]);
    });

    it("does not outlive a server that ends without having read", async () => {
      const { owner, socket, peer } = await connectUnread();
      fill(socket);
      peer.end();
      await owner.over;
      expect(owner.lines.at(-1)).toBe('closed 1006 "" not clean by none');
      peer.destroy();
    });

    it("does not outlive a server that breaks the protocol without having read", async () => {
      const { owner, socket, peer } = await connectUnread();
      fill(socket);
      peer.write(Buffer.from([0x83, 0x00]));
      await owner.over;
      expect(owner.lines.at(-1)).toBe(
        'closed 1006 "" not clean by none violation 1002 reserved opcode',
      );
      peer.destroy();
    });
  });
}
