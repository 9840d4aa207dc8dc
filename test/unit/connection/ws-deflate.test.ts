/**
 * permessage-deflate, which only the ws driver speaks: offered, used both ways, and no way round the limit of
 * message size or the rules of the format.
 */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { deflateRawSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { wsDriver } from "../../../worker/socket/ws/ws-driver.ts";
import { endpointAt, sendOn, TracingOwner } from "../../conformance/driver-trace.ts";
import { HostileServer, VALID_RESPONSE } from "../../conformance/hostile-server.ts";
import { BINARY, frame, show } from "../../conformance/server-frame.ts";

const compression = { compression: true };
const AGREED = VALID_RESPONSE.replace(
  "\r\n\r\n",
  "\r\nSec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n\r\n",
);

function openTo(port: number, path: string): TracingOwner {
  const owner = new TracingOwner(wsDriver);
  owner.socket = wsDriver.open(
    {
      endpoint: endpointAt(port, compression),
      path,
      address: "127.0.0.1",
      localAddress: null,
      headers: [],
    },
    owner,
  );
  return owner;
}

/** RFC 7692 §7.2.1: raw deflate, flushed, without its last four bytes. */
function deflated(payload: Buffer): Buffer {
  return deflateRawSync(payload, { finishFlush: 2 }).subarray(0, -4);
}

describe("ws driver with compression", () => {
  let echo: WebSocketServer;
  let hostile: HostileServer;
  beforeAll(async () => {
    echo = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: true });
    echo.on("connection", (socket) => {
      socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
    });
    await once(echo, "listening");
    hostile = await HostileServer.start();
  });
  afterAll(async () => {
    echo.close();
    await hostile.stop();
  });

  it("sends compressed what compresses, keeps the buffer, and reads the echo", async () => {
    let extensions = "";
    let wireBytes = 0;
    echo.once("connection", (socket, request) => {
      extensions = socket.extensions;
      request.socket.once("close", () => {
        wireBytes = request.socket.bytesRead;
      });
    });
    const owner = openTo((echo.address() as AddressInfo).port, "/");
    await owner.opened;
    const { socket } = owner;
    if (socket === null) throw new Error("not open");
    const payload = Buffer.alloc(200_000, "compressible ");
    expect(sendOn(wsDriver, socket, { payload, binary: false })).toBe(false);
    while (owner.lines.length < 3) await new Promise(setImmediate);
    socket.close(1000);
    await owner.over;
    expect(owner.lines).toEqual([
      "stage tcp",
      "open permessage-deflate",
      `text ${show(payload)}`,
      'closed 1000 "" clean by client',
    ]);
    expect(extensions).toBe("permessage-deflate");
    await new Promise(setImmediate);
    expect(wireBytes).toBeLessThan(payload.length / 10);
  });

  it("refuses a bomb by what it inflates to", async () => {
    const bomb = frame({
      opcode: BINARY,
      rsv: 4,
      payload: deflated(Buffer.alloc(64 * 1024 * 1024)),
    });
    expect(bomb.length).toBeLessThan(100_000);
    hostile.script("/bomb", { response: AGREED, frames: [bomb] });
    const owner = openTo(hostile.port, "/bomb");
    await owner.over;
    expect(owner.lines.slice(2)).toEqual([
      'closed 1006 "" not clean by none violation 1009 message over the size limit',
    ]);
  });

  it("refuses data that cannot be inflated", async () => {
    const broken = frame({ opcode: BINARY, rsv: 4, payload: Buffer.from([1, 2, 3, 4, 255]) });
    hostile.script("/broken", { response: AGREED, frames: [broken] });
    const owner = openTo(hostile.port, "/broken");
    await owner.over;
    expect(owner.lines.slice(2)).toEqual([
      'closed 1006 "" not clean by none violation 1007 invalid compressed data',
    ]);
  });

  it("refuses parameters it did not offer", async () => {
    const response = AGREED.replace("server_no_context_takeover", "server_max_window_bits=7");
    hostile.script("/bits", { response, ending: "wait" });
    const owner = openTo(hostile.port, "/bits");
    await owner.over;
    expect(owner.lines.slice(1)).toEqual([
      "fail upgrade-invalid: invalid Sec-WebSocket-Extensions header",
    ]);
  });
});
