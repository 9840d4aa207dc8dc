import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Incoming } from "../../../worker/message/conversation.ts";
import { MAX_JSON_BYTES, MAX_JSON_DEPTH } from "../../../worker/message/json-reading.ts";
import { splitterFor } from "../../../worker/message/split.ts";

const BEFORE = "[other, message]\n";

/** The parts of a frame that lies between bytes of other frames, as they do in the shared read buffer. */
function parts(split: "lines" | "json-array", frame: string | Buffer): string[] {
  const bytes = Buffer.from(frame);
  const data = Buffer.concat([Buffer.from(BEFORE), bytes, Buffer.from("]\n[x]")]);
  const start = Buffer.byteLength(BEFORE);
  const incoming = new Incoming();
  incoming.take(data, start, start + bytes.length, false);
  const splitter = splitterFor(split);
  if (splitter === null) throw new Error("no splitter");
  const found: string[] = [];
  splitter.begin(incoming);
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
