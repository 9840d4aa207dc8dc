/**
 * Differential fuzz: the lean decoder against the receiver of the ws package, on streams that are mostly
 * valid and on mutated ones. Goal: the same messages, control frames, close codes and faults in the same order.
 * The one difference allowed is a length of 2^63 and more: 1002 by us (RFC 6455 §5.2), 1009 by ws.
 */
import type { Writable } from "node:stream";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as ws from "ws";
import { Fault } from "../../worker/socket/protocol-fault.ts";
import { faultOf } from "../../worker/socket/ws/ws-errors.ts";
import { driverCases } from "../conformance/cases.ts";
import { frame, show } from "../conformance/server-frame.ts";
import {
  cutInto,
  MAX_MESSAGE_BYTES,
  mutatedStream,
  pieceSizes,
  traceOf,
} from "./codec-arbitraries.ts";

/** Exported by ws 8.23, but not by its published types. */
const { Receiver } = ws as unknown as {
  Receiver: new (options: { isServer: boolean; maxPayload: number }) => Writable;
};

const ALLOWED = new Map([
  [
    `fault ${Fault.lengthOverflow.code} ${Fault.lengthOverflow.what}`,
    `fault ${Fault.messageTooBig.code} ${Fault.messageTooBig.what}`,
  ],
]);

async function wsTraceOf(pieces: readonly Buffer[]): Promise<string[]> {
  const lines: string[] = [];
  const receiver = new Receiver({ isServer: false, maxPayload: MAX_MESSAGE_BYTES });
  let over = false;
  receiver.on("message", (data: Buffer, isBinary: boolean) =>
    lines.push(`${isBinary ? "binary" : "text"} ${show(data)}`),
  );
  receiver.on("ping", (data: Buffer) => lines.push(`ping ${show(data)}`));
  receiver.on("pong", (data: Buffer) => lines.push(`pong ${show(data)}`));
  receiver.on("conclude", (code: number, reason: Buffer) => {
    lines.push(`close ${code} ${code === 1005 ? "empty" : `${code} ${show(reason)}`}`);
    over = true;
  });
  receiver.on("error", (error: Error & { code?: string }) => {
    const fault = faultOf(error);
    lines.push(fault === null ? `unknown ${error.message}` : `fault ${fault.code} ${fault.what}`);
    over = true;
  });
  for (const piece of pieces) {
    if (over) break;
    // ws keeps views of what it is given.
    await new Promise<void>((resolve) => receiver.write(Buffer.from(piece), () => resolve()));
  }
  await new Promise((resolve) => setImmediate(resolve));
  return lines;
}

function leanTraceOf(pieces: readonly Buffer[]): string[] {
  return traceOf(pieces).map((line) => ALLOWED.get(line) ?? line);
}

describe("lean decoder and ws receiver", () => {
  it("agree on mutated streams, cut anywhere", async () => {
    let faults = 0;
    let clean = 0;
    await fc.assert(
      fc.asyncProperty(mutatedStream, pieceSizes, async (stream, sizes) => {
        const pieces = cutInto(stream, sizes);
        const lines = leanTraceOf(pieces);
        expect(lines).toEqual(await wsTraceOf(pieces));
        if (lines.some((line) => line.startsWith("fault"))) faults++;
        else clean++;
      }),
      { numRuns: 3000 },
    );
    // The generators must reach both worlds, or the test is blind.
    expect(faults).toBeGreaterThan(300);
    expect(clean).toBeGreaterThan(300);
  });

  it("agree on every stream of the driver suite", async () => {
    let compared = 0;
    for (const { server } of driverCases) {
      const stream = Buffer.concat([...(server.frames ?? [])]);
      if (stream.length === 0 || stream.length > 20_000) continue;
      for (const sizes of [[stream.length], [1], [5, 3]]) {
        const pieces = cutInto(stream, sizes);
        expect(leanTraceOf(pieces)).toEqual(await wsTraceOf(pieces));
      }
      compared++;
    }
    expect(compared).toBeGreaterThan(400);
  });

  it("differ where the list says so, and the list is not stale", async () => {
    const stream = frame({ opcode: 2, announce: 2n ** 63n, lengthBits: 64 });
    expect([...ALLOWED.keys()]).toEqual(traceOf([stream]));
    expect([...ALLOWED.values()]).toEqual(await wsTraceOf([stream]));
  });
});
