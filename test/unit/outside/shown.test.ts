/** Goal: no secret is shown in an outcome, also where it is cut, or was said in part. */
import { expect, it } from "vitest";
import { held, shown } from "../../../coordinator/outside/shown.ts";

const SECRET = "geheim-0123456789-abcdef";

it.each([
  ["whole", `a ${SECRET} b`, "a *** b"],
  ["its first half", `a ${SECRET.slice(0, 14)} b`, "a *** b"],
  ["cut off at the end of what is shown", `${"x".repeat(290)}${SECRET}`, `${"x".repeat(290)}***`],
])("a secret is masked: %s", (_, said, expected) => {
  expect(shown(held(said), [SECRET])).toBe(expected);
});

it("one that is cut off where texts are no longer looked at is not shown", () => {
  const said = held(`${"x".repeat(4090)}${SECRET}`);
  expect(said.length).toBe(4096);
  const outcome = shown(said, [SECRET]);
  expect(outcome).toMatch(/^x+…$/);
  expect(outcome.length).toBe(300);
});
