/**
 * A second build of the programs, as the commit before or after might be: in every list whose positions frames carry there
 * is one entry more, not at the end, and a counter has another name. Used by the test of builds that work together.
 * Invariant: every change was made; one that finds nothing to change fails.
 */
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../house/repository.ts";

/** What the other build calls the counter `pongs`. */
export const OTHER_NAME = "pongFrames";

type Change = readonly [pattern: RegExp, replacement: string];

const SECOND_OF_FIRST_LINE = /(export const \w+ = \[\s*(?:\/\*\*[^\n]*\s*)?"\w+",)/g;
const RENAMED: Change = [/\bpongs\b/g, OTHER_NAME];

const CHANGES: readonly (readonly [file: string, ...changes: Change[]])[] = [
  ["shared/stats/counters.js", [SECOND_OF_FIRST_LINE, '$1 "extra",'], RENAMED],
  [
    "shared/stats/failure-kind.js",
    [
      /(const FAILURES = \[)/,
      '$1 { kind: "extra", during: "connect", stage: "tcp", cause: "target", doc: "" },',
    ],
    [/(const CLOSES = \[)/, '$1 { cause: "extra", drop: false, doc: "" },'],
  ],
  ["worker/connection/heartbeat.js", RENAMED],
  ["coordinator/http/metrics/run-metrics.js", [/"pongs"/g, `"${OTHER_NAME}"`]],
];

/** Makes it in a folder. @returns the file of its onrush command */
export function makeOtherBuild(folder: string): string {
  mkdirSync(folder, { recursive: true });
  cpSync(join(ROOT, "dist"), join(folder, "dist"), { recursive: true });
  cpSync(join(ROOT, "package.json"), join(folder, "package.json"));
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"), "dir");
  for (const [file, ...changes] of CHANGES) {
    const path = join(folder, "dist", file);
    let text = readFileSync(path, "utf8");
    for (const [pattern, replacement] of changes) {
      const changed = text.replace(pattern, replacement);
      if (changed === text) throw new Error(`${file} has nothing like ${pattern}`);
      text = changed;
    }
    writeFileSync(path, text);
  }
  return join(folder, "dist/coordinator/cli/main.js");
}
