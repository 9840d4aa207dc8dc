import { createHash, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { StrictMessage } from "../../../shared/scenario/strict.ts";
import { stampCheck, stampTag } from "../../../worker/message/stamp.ts";
import { Correlation } from "../../support/correlation.ts";
import { echoMessage } from "../../support/scenario.ts";

function binary(size: number, fill: "random" | "zero" = "random"): StrictMessage {
  return echoMessage({ send: { kind: "binary", sizes: [size], fill } });
}

/** Bytes that are always the same and look like nothing. */
function noise(size: number, seed: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(size / 32) }, (_, at) =>
    createHash("sha256").update(`${seed} ${at}`).digest(),
  );
  return Buffer.concat(blocks).subarray(0, size);
}

function flipped(payload: Buffer, bit: number): Buffer {
  const altered = Buffer.from(payload);
  altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return altered;
}

/** A message of another run of the same scenario: all but the run's tag and the number is the same. */
function ofAnotherRun(payload: Buffer, seq: number): Buffer {
  const foreign = Buffer.from(payload);
  foreign.writeUInt32LE(stampCheck(stampTag("r0"), 0, 1, seq), 0);
  foreign.writeUInt32LE(seq, 12);
  return foreign;
}

const PUSHED: [string, (sent: Buffer) => Buffer][] = [
  ["random bytes", () => randomBytes(64)],
  ["zeros", () => Buffer.alloc(64)],
  ["ones", () => Buffer.alloc(64, 1)],
  ["small numbers", () => Buffer.from(Uint32Array.from({ length: 16 }, (_, at) => at).buffer)],
  ["a longer message", () => noise(4096, 1)],
  ["a stamp's length", () => noise(16, 2)],
  ["a few bytes", () => noise(7, 3)],
  ["nothing", () => Buffer.alloc(0)],
  ["text in binary", () => Buffer.from("the service says hello to everybody ".repeat(2))],
  ["the same message of another run", (sent) => ofAnotherRun(sent, 0)],
  ["another message of another run", (sent) => ofAnotherRun(sent, 7)],
];

describe.each([
  ["random", 64],
  ["zero", 64],
  ["random", 16],
] as const)("beside an awaited echo (fill %s, %d bytes)", (fill, size) => {
  it.each(PUSHED)("a pushed message is unsolicited, and damages nothing: %s", (_, push) => {
    const run = new Correlation([binary(size, fill)]);
    const sent = run.send();
    run.nowUs = 10_000;
    run.receive(push(sent));
    run.receive(sent);
    const { counts } = run.cut();
    expect(counts).toMatchObject({ received: 2, unsolicited: 1, matched: 1 });
    expect([counts.corrupt, counts.duplicated, counts.leaked]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(run.conversation(0).told).toEqual([]);
  });
});

describe.each([
  ["random", 64],
  ["zero", 64],
  ["random", 16],
] as const)("an echo (fill %s, %d bytes)", (fill, size) => {
  it("with any one bit flipped is found, and is that message's", () => {
    for (let bit = 0; bit < size * 8; bit++) {
      const run = new Correlation([binary(size, fill)]);
      const [first, second] = [run.send(), run.send()];
      run.receive(flipped(second, bit));
      run.receive(first);
      const cut = run.cut();
      expect(cut.counts, `bit ${bit}`).toMatchObject({ corrupt: 1, corruptReplies: 1, matched: 1 });
      expect(cut.named("corruptReplies", 0)).toBe(1);
      expect(run.conversation(0).told.map(({ kind }) => kind)).toEqual(["corrupt"]);
    }
  });

  it("cut short anywhere is found as long as its check is there", () => {
    for (let length = 0; length < size; length++) {
      const run = new Correlation([binary(size, fill)]);
      const sent = run.send();
      run.receive(sent.subarray(0, length));
      const expected = length < 4 ? { unsolicited: 1 } : { corrupt: 1, corruptReplies: 1 };
      expect(run.cut().counts, `${length} bytes`).toMatchObject(expected);
    }
  });

  it("with something added behind it is found", () => {
    const run = new Correlation([binary(size, fill)]);
    run.receive(Buffer.concat([run.send(), Buffer.from("more")]));
    expect(run.cut().counts).toMatchObject({ corrupt: 1 });
  });
});

it("an echo whose stamp was overwritten is known by the random bytes behind it", () => {
  const run = new Correlation([binary(64)]);
  const sent = run.send();
  run.receive(Buffer.concat([Buffer.alloc(16), sent.subarray(16)]));
  run.receive(noise(64, 4));
  expect(run.cut().counts).toMatchObject({ corrupt: 1, corruptReplies: 1, unsolicited: 1 });
});

it("without the audit, bytes behind the stamp are not looked at", () => {
  const run = new Correlation([binary(64)], { audit: false });
  run.receive(flipped(run.send(), 300));
  expect(run.cut().counts).toMatchObject({ matched: 1 });
});

it("a copy of a message that was answered is a duplicate, one of another connection leaked", () => {
  const run = new Correlation([binary(64)], { conversations: 2 });
  const sent = run.send(0);
  run.receive(sent, 0);
  run.receive(sent, 0);
  run.receive(sent, 1);
  const { counts } = run.cut();
  expect(counts).toMatchObject({ matched: 1, duplicated: 1, leaked: 1, received: 3 });
});

it("text that came back altered is unsolicited, and its message times out", () => {
  const run = new Correlation([echoMessage({ send: { kind: "text", text: "hello {{seq}}" } })]);
  run.send();
  run.nowUs = 1000;
  run.receive("hellO 0");
  run.at(2_000_000);
  expect(run.cut().counts).toMatchObject({ unsolicited: 1, timedOut: 1 });
  expect(run.conversation(0).told).toEqual([
    { kind: "reply-timeout", name: 0, phase: 0, label: "", detail: "came instead: hellO 0" },
  ]);
});
