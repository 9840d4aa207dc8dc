/** A server that sends pings but does not read: pongs must not pile up, and the newest ping is answered. */
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { expect, it } from "vitest";
import { leanDriver } from "../../../worker/socket/lean/lean-driver.ts";
import { endpointAt, sendOn, TracingOwner } from "../../conformance/driver-trace.ts";
import { acceptFor, VALID_RESPONSE } from "../../conformance/hostile-server.ts";
import { ClientFrameReader, PONG, ping, text } from "../../conformance/server-frame.ts";

async function connectUnread(): Promise<{ owner: TracingOwner; peer: Socket; stop: () => void }> {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const owner = new TracingOwner(leanDriver);
  const endpoint = endpointAt((listener.address() as { port: number }).port);
  const accepted = once(listener, "connection");
  owner.socket = leanDriver.open(
    { endpoint, path: "/", address: "127.0.0.1", localAddress: null, headers: [] },
    owner,
  );
  const [peer] = (await accepted) as [Socket];
  const [head] = (await once(peer, "data")) as [Buffer];
  peer.pause();
  const key = /^sec-websocket-key: *(\S+)/im.exec(head.toString())?.[1] ?? "";
  peer.write(VALID_RESPONSE.replace("{accept}", acceptFor(key)));
  await owner.opened;
  return {
    owner,
    peer,
    stop: () => {
      owner.socket?.abort(true);
      peer.destroy();
      listener.close();
    },
  };
}

it("keeps one pong for a server that does not read, that of its newest ping", async () => {
  const { owner, peer, stop } = await connectUnread();
  const socket = owner.socket;
  if (socket === null) throw new Error("not open");
  const payload = Buffer.alloc(64 * 1024);
  while (socket.bufferedBytes() < 10 * payload.length) {
    sendOn(leanDriver, socket, { payload, binary: true });
  }
  // What the system still takes of it, it takes in the next moments.
  let waiting = 0;
  while (waiting !== socket.bufferedBytes()) {
    waiting = socket.bufferedBytes();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  for (let at = 1; at <= 5000; at++) peer.write(ping(Buffer.from(`ping ${at}`)));
  peer.write(text("all pings sent"));
  while (!owner.lines.includes('text "all pings sent"')) await new Promise(setImmediate);
  expect(socket.bufferedBytes()).toBe(waiting);

  const reader = new ClientFrameReader();
  const pongs: string[] = [];
  const gotPong = new Promise<void>((resolve) => {
    peer.on("data", (chunk: Buffer) => {
      for (const frame of reader.take(chunk)) {
        expect(frame.fault).toBe("");
        if (frame.opcode !== PONG) continue;
        pongs.push(frame.payload.toString());
        resolve();
      }
    });
  });
  peer.resume();
  await gotPong;
  peer.write(ping(Buffer.from("after")));
  while (pongs.length < 2) await new Promise(setImmediate);
  expect(pongs).toEqual(["ping 5000", "after"]);
  stop();
});
