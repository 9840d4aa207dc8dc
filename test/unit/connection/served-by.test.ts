/** Goal: servers behind a balancer have names that are harmless and few. Method: names as headers may have them. */
import { expect, it } from "vitest";
import { saysServer, serverOf } from "../../../worker/socket/served-by.ts";

it("takes names, and nothing that is none", () => {
  expect(serverOf("s-1")).toBe("s-1");
  expect(serverOf("10.0.0.7:8080")).toBe("10.0.0.7:8080");
  for (const none of [null, "", "two words", "caf\u00e9", "a\u0007", "x".repeat(101)]) {
    expect(serverOf(none)).toBe("");
  }
  expect(saysServer("x-served-by")).toBe(true);
  expect(saysServer("server")).toBe(false);
});

it("takes 64 different ones, and those again and again", () => {
  const names = Array.from({ length: 200 }, (_, at) => serverOf(`many-${at}`));
  const taken = names.filter((name) => name !== "");
  // Two were taken above.
  expect(taken).toHaveLength(62);
  for (const name of taken) expect(serverOf(name)).toBe(name);
  expect(serverOf("many-199")).toBe("");
});
