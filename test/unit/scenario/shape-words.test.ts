/** What is said of a value of the wrong kind, with the way to mend it. Method: one mistake each, on the last line. */
import { expect, it } from "vitest";
import { issuesOf, minimal, parseText } from "./reading.ts";

const OUTPUTS = "html, json, md, csv, junit, pdf, prometheus, otlp";

it.each([
  ["outputs: [{ kind: json }]", `unknown key "kind" (known here: ${OUTPUTS})`],
  ["outputs: [{ jsn: x.json }]", 'unknown key "jsn" (did you mean json?)'],
  ["outputs: [{ json: 5 }]", 'expected text, got 5 (put it in quotes: "5")'],
  ["outputs: [{ html: a, json: b }]", "one output per item"],
  ["connect: { headers: { x: 5 } }", 'expected text, got 5 (put it in quotes: "5")'],
  ["connect: { headers: { x: true } }", 'expected text, got true (put it in quotes: "true")'],
  [
    'seed: "{{env.SEED}}"',
    'expected a number, got the text "7" (write 7 without quotes; from the environment: {{int(env.NAME)}})',
  ],
  [
    'connect: { compression: "{{env.ON}}" }',
    "expected true or false, got the text \"true\" (write true without quotes; from the environment: {{env.NAME == 'true'}})",
  ],
])("%s: %s", (line, message) => {
  const issues = issuesOf(parseText(minimal(`${line}\n`), { env: { SEED: "7", ON: "true" } }));
  expect(issues.map(({ what, hint }) => (hint === "" ? what : `${what} (${hint})`))).toEqual([
    message,
  ]);
});

it("what the environment holds becomes a number or a switch when it is asked to", () => {
  const text = minimal(
    "seed: '{{int(env.SEED)}}'\nconnect: { compression: \"{{env.ON == 'true'}}\" }\n",
  );
  const result = parseText(text, { env: { SEED: "7", ON: "true" } });
  expect(result.ok && [result.scenario.seed, result.scenario.connect.compression]).toEqual([
    7,
    true,
  ]);
});
