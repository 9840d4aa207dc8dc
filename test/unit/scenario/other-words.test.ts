/** Keys of other load tools are answered with the key that a scenario has for it, and no key of a scenario is taken for one of theirs. */
import { expect, it } from "vitest";
import { WORDS } from "../../../shared/scenario/other-words.ts";
import { jsonSchema } from "../../../shared/scenario/schema.ts";
import { linesOf, minimal, parseText } from "./reading.ts";

it.each([
  [minimal("stages: []"), 'unknown key "stages" (connections are said in load:'],
  [minimal("connect: { extraHeaders: { a: b } }"), 'unknown key "extraHeaders" (write headers:'],
  [minimal("connect: { proxy: http://localhost:3128 }"), "is reached by a tunnel"],
  [minimal("flow: [{ think: 3s }]"), "write wait: 3s"],
  [minimal("connect: { timout: 3s }"), 'unknown key "timout" (did you mean timeout?)'],
])("%s", (text, what) => {
  expect(linesOf(parseText(text)).join("\n")).toContain(what);
});

it("none of the words is a key of a scenario", () => {
  const keys = new Set<string>();
  const walk = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    for (const [name, inner] of Object.entries(node)) {
      if (name === "properties") for (const key of Object.keys(inner)) keys.add(key.toLowerCase());
      walk(inner);
    }
  };
  walk(jsonSchema());
  expect(keys.size).toBeGreaterThan(150);
  expect(Object.keys(WORDS).filter((word) => keys.has(word))).toEqual([]);
});
