/** Law of reading: whatever the bytes, parsing answers with a scenario or with placed issues, and never throws. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { formatIssues } from "../../shared/scenario/issue.ts";
import { parseScenario } from "../../shared/scenario/parse.ts";

const folder = join(import.meta.dirname, "../fixtures/scenarios/valid");
const full = readFileSync(join(folder, "full.yaml"), "utf8");
const context = {
  fileName: "any.yaml",
  env: { HOST: "h", ZONE: "z", CHAT_TOKEN: "t0ken" },
  readFile: (path: string) => readFileSync(join(folder, path)),
};

function check(input: string | Uint8Array): void {
  const result = parseScenario(input, context);
  if (result.ok) {
    expect(result.scenario.phases.length).toBeGreaterThan(0);
    return;
  }
  expect(result.issues.length).toBeGreaterThan(0);
  for (const issue of result.issues) {
    expect(issue.line).toBeGreaterThanOrEqual(1);
    expect(issue.column).toBeGreaterThanOrEqual(1);
    expect(issue.what).not.toBe("");
  }
  const shown = formatIssues(result.issues, result.source, { color: false });
  expect(shown.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
}

it("random bytes", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), check));
});

it("random text", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 400 }), check));
});

it("random YAML tokens", () => {
  const token = fc.constantFrom(
    "load:",
    "version: 1",
    "target:",
    "- ",
    "{",
    "}",
    "[",
    "]",
    ",",
    ": ",
    "\n",
    "  ",
    "&a ",
    "*a",
    "!t ",
    "|",
    ">",
    "'",
    '"',
    "#",
    "? ",
    "<<",
    "---",
    "phase",
    "ramp",
    "1s",
    "{{",
    "}}",
    "vars.x",
    "\t",
    "null",
    ".nan",
  );
  fc.assert(
    fc.property(fc.array(token, { maxLength: 60 }), (tokens) => check(tokens.join(""))),
    { numRuns: 500 },
  );
});

it("a valid file with a piece cut out, doubled or replaced", () => {
  const edit = fc.tuple(
    fc.nat(full.length),
    fc.nat(40),
    fc.constantFrom("", "{", "]", ":", "\n", "x", '"', "1", "{{", "\t", " - ", "🦄"),
  );
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
      let text = full;
      for (const [at, length, insert] of edits) {
        text = text.slice(0, at) + insert + text.slice(at + length);
      }
      check(text);
    }),
    { numRuns: 400 },
  );
});
