import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Incoming } from "../../../worker/message/conversation.ts";
import { MAX_JSON_BYTES, MAX_JSON_DEPTH } from "../../../worker/message/json-reading.ts";
import { splitterFor } from "../../../worker/message/split.ts";

const BEFORE = "[other, message]\n";

/** The parts of a frame that lies between bytes of other frames, as they do in the shared read buffer. */
function parts(split: "lines" | "records" | "json-array", frame: string | Buffer): string[] {
  const bytes = Buffer.from(frame);
  const data = Buffer.concat([Buffer.from(BEFORE), bytes, Buffer.from("]\n[x]")]);
  const start = Buffer.byteLength(BEFORE);
  const incoming = new Incoming();
  incoming.take(data, start, start + bytes.length, false);
  const splitter = splitterFor(split);
  if (splitter === null) throw new Error("no splitter");
  const found: string[] = [];
  splitter.begin(incoming, { slot: 0, incarnation: 0 });
  for (let last = start; splitter.next(); last = splitter.end) {
    expect(splitter.start).toBeGreaterThanOrEqual(last);
    expect(splitter.end).toBeLessThanOrEqual(start + bytes.length);
    found.push(data.toString("utf8", splitter.start, splitter.end));
  }
  return found;
}

it("none: there is no splitter", () => {
  expect(splitterFor("none")).toBeNull();
});

describe("lines", () => {
  it.each([
    ["a\nb\nc", ["a", "b", "c"]],
    ["a\nb\n", ["a", "b"]],
    ["a\r\nb\r\n", ["a", "b"]],
    ["a", ["a"]],
    ["\n\na\n\n\nb", ["a", "b"]],
    ["\r\n\r\na", ["a"]],
    ["a\rb\n\rc", ["a\rb", "\rc"]],
    ["", [""]],
    ["\n", [""]],
    ["\r\n\r\n", [""]],
    ["ä\nö", ["ä", "ö"]],
  ])("%j", (frame, expected) => {
    expect(parts("lines", frame)).toEqual(expected);
  });

  it("are what a split of the text gives, without the empty ones", () => {
    const frames = fc.string({ unit: fc.constantFrom("a", "{", "\n", "\r\n", "\r", "é", '"') });
    fc.assert(
      fc.property(frames, (frame) => {
        const lines = frame.split("\n").map((line) => line.replace(/\r$/, ""));
        const full = lines.filter((line) => line !== "");
        // A carriage return at the very end of a frame without a line feed ends its line, too.
        expect(parts("lines", frame)).toEqual(full.length === 0 ? [""] : full);
      }),
    );
  });
});

describe("records", () => {
  it.each([
    ['{"a":1}\u001e{"a":2}\u001e', ['{"a":1}', '{"a":2}']],
    ["a\nb\r\u001e", ["a\nb\r"]],
    ["a", ["a"]],
    ["\u001e", [""]],
  ])("%j", (frame, expected) => {
    expect(parts("records", frame)).toEqual(expected);
  });
});

describe("a stream of lines", () => {
  interface Piece {
    readonly slot: number;
    readonly incarnation: number;
    readonly bytes: Buffer;
  }

  /** What the frames hold, in the order in which it was complete, with the slot before it. */
  function streamed(pieces: readonly Piece[]): string[] {
    const splitter = splitterFor("line-stream");
    const incoming = new Incoming();
    const found: string[] = [];
    for (const { bytes, ...from } of pieces) {
      const shared = Buffer.concat([Buffer.from(BEFORE), bytes, Buffer.from("x\n")]);
      const start = Buffer.byteLength(BEFORE);
      incoming.take(shared, start, start + bytes.length, false);
      splitter?.begin(incoming, from);
      while (splitter?.next()) {
        const text = incoming.data.toString("utf8", splitter.start, splitter.end);
        found.push(`${from.slot} ${text}`);
      }
      // The buffer is read into again.
      shared.fill(0x21);
    }
    return found;
  }

  it("is the lines that were written, however frames cut them, on each connection", () => {
    const line = fc.string({
      unit: fc.constantFrom("a", "é", "\r", '"'),
      minLength: 1,
      maxLength: 6,
    });
    const writer = fc.record({
      lines: fc.array(line),
      cuts: fc.infiniteStream(fc.nat({ max: 9 })),
    });
    fc.assert(
      fc.property(fc.array(writer, { maxLength: 3 }), (writers) => {
        const pieces = writers.flatMap(({ lines, cuts }, slot) => {
          const bytes = Buffer.from(lines.map((one) => `${one}\n`).join(""));
          const own: (Piece & { at: number })[] = [];
          for (let from = 0; from < bytes.length; ) {
            const to = from + (cuts.next().value as number);
            own.push({ at: own.length, slot, incarnation: 7, bytes: bytes.subarray(from, to) });
            from = to;
          }
          return own;
        });
        const found = streamed(pieces.sort((a, b) => a.at - b.at));
        const whole = writers.flatMap(({ lines }, slot) =>
          lines.map((one) => `${slot} ${one.replace(/\r$/, "")}`),
        );
        const full = whole.filter((one) => !/ $/.test(one));
        expect(found.filter((one) => !/ $/.test(one)).sort()).toEqual(full.sort());
      }),
    );
  });

  it("forgets a line of a connection that is no more, and ends one that is too long", () => {
    const at = (incarnation: number, text: string) => ({
      ...{ slot: 1, incarnation, bytes: Buffer.from(text) },
    });
    expect(streamed([at(1, "lost"), at(2, "a\nb"), at(2, "c\n")])).toEqual(["1 a", "1 bc"]);
    const long = "x".repeat((1 << 20) + 1);
    expect(streamed([at(1, long), at(1, "a\n")])).toEqual([`1 ${long}`, "1 a"]);
  });
});

describe("items of a JSON array", () => {
  it.each([
    ['[{"a":1},{"a":2}]', ['{"a":1}', '{"a":2}']],
    [' [ 1 ,\n"x" , [2,3] ] ', ["1", '"x"', "[2,3]"]],
    ['["[", "]", "\\"]", "a,b"]', ['"["', '"]"', '"\\"]"', '"a,b"']],
    ['["\\\\", 1]', ['"\\\\"', "1"]],
    ['[[[1,[2]],{"a":[3]}],4]', ['[[1,[2]],{"a":[3]}]', "4"]],
    ["[1]", ["1"]],
  ])("%s", (frame, expected) => {
    expect(parts("json-array", frame)).toEqual(expected);
  });

  it.each([
    ["an empty array", "[]"],
    ["a map", '{"a":[1,2]}'],
    ["text", "hello, [1,2]"],
    ["nothing", ""],
    ["spaces", "  \n"],
    ["an array that is cut off", '[{"a":1},{"a":'],
    ["an array that is cut off in a string", '[1,"a]'],
    ["an array that is cut off behind a backslash", '[1,"a\\'],
    ["an array with an empty item", "[1,,2]"],
    ["an array with a comma at its end", "[1,]"],
    ["an array with something behind it", "[1,2] 3"],
    ["an array closed by a brace", "[1,2}"],
  ])("%s is one part", (_, frame) => {
    expect(parts("json-array", frame)).toEqual([frame]);
  });

  it("what is too large, or too deep, is one part", () => {
    const large = `[1,"${"x".repeat(MAX_JSON_BYTES)}"]`;
    expect(parts("json-array", large)).toEqual([large]);
    const deep = `[1,${"[".repeat(MAX_JSON_DEPTH)}${"]".repeat(MAX_JSON_DEPTH)}]`;
    expect(parts("json-array", deep)).toEqual([deep]);
    const almost = `[1,${"[".repeat(MAX_JSON_DEPTH - 1)}${"]".repeat(MAX_JSON_DEPTH - 1)}]`;
    expect(parts("json-array", almost)).toHaveLength(2);
  });

  it("are those that JSON.parse gives, whatever the array holds and however it is written", () => {
    const spaced = fc.constantFrom(undefined, 1, "\t");
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { minLength: 1 }), spaced, (items, spaces) => {
        const found = parts("json-array", JSON.stringify(items, null, spaces));
        expect(found.map((item) => JSON.parse(item) as unknown)).toEqual(
          JSON.parse(JSON.stringify(items)),
        );
      }),
    );
  });

  it("of text that may be JSON: where JSON.parse gives no items, the frame is whole or its items are no array", () => {
    const frames = fc.string({
      unit: fc.constantFrom("[", "]", "{", "}", ",", '"', "\\", "1", " ", ":", "é"),
      maxLength: 24,
    });
    fc.assert(
      fc.property(frames, (frame) => {
        const found = parts("json-array", frame);
        expect(found.length).toBeGreaterThanOrEqual(1);
        const value = parsed(frame);
        if (Array.isArray(value) && value.length > 0) expect(found.map(parsed)).toEqual(value);
        else if (value !== undefined) expect(found).toEqual([frame]);
      }),
      { numRuns: 5000 },
    );
  });
});

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
