/**
 * A second build of the programs, as the commit before or after might be: in every list whose positions frames carry there
 * is one entry more, not at the end, and a counter has another name. Used by the test of builds that work together.
 * Invariant: every change was made; one that finds nothing to change fails.
 */
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { ROOT } from "../house/repository.ts";

/** What the other build calls the counter `pongs`. */
export const OTHER_NAME = "pongFrames";

type Change = readonly [pattern: RegExp, replacement: string];

const SECOND_OF_FIRST_LINE = /(const [A-Z_]+ = \[\s*(?:\/\*\*[^\n]*\s*)?"\w+",)/g;
const RENAMED: Change = [/\bpongs\b/g, OTHER_NAME];

const CHANGES: readonly (readonly [file: string, ...changes: Change[]])[] = [
  ["shared/stats/counters.js", [SECOND_OF_FIRST_LINE, '$1 "oneMore",'], RENAMED],
  [
    "shared/stats/failure-kind.js",
    [
      /(const FAILURES = \[)/,
      '$1 { kind: "oneMore", during: "connect", stage: "tcp", cause: "target", doc: "" },',
    ],
    [/(const CLOSES = \[)/, '$1 { cause: "oneMore", drop: false, doc: "" },'],
  ],
  ["worker/connection/heartbeat.js", RENAMED],
  ["coordinator/http/metrics/run-metrics.js", [/"pongs"/g, `"${OTHER_NAME}"`]],
];

/** A bundle names each module in a line before it. */
const START_OF_MODULE = /^(?=\/\/ (?:dist|node_modules)\/)/m;

/** Makes it in a folder. @returns the file of its onrush command */
export function makeOtherBuild(folder: string): string {
  mkdirSync(folder, { recursive: true });
  cpSync(join(ROOT, "dist"), join(folder, "dist"), { recursive: true });
  cpSync(join(ROOT, "package.json"), join(folder, "package.json"));
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"), "dir");
  const names = readdirSync(join(folder, "dist/bundle"));
  const bundles = names.filter((name) => name.endsWith(".cjs"));
  // The code that was compiled of what is changed here.
  for (const name of names) if (name.endsWith(".code")) rmSync(join(folder, "dist/bundle", name));
  for (const [file, ...changes] of CHANGES) {
    const path = join(folder, "dist", file);
    writeFileSync(path, changedText(readFileSync(path, "utf8"), file, changes));
    let bundled = 0;
    for (const name of bundles) {
      const bundle = join(folder, "dist/bundle", name);
      const modules = readFileSync(bundle, "utf8").split(START_OF_MODULE);
      const at = modules.findIndex((text) => text.startsWith(`// dist/${file}\n`));
      if (at < 0) continue;
      modules[at] = changedText(modules[at] ?? "", file, changes);
      writeFileSync(bundle, modules.join(""));
      bundled++;
    }
    if (bundled === 0) throw new Error(`${file} is in no bundle`);
  }
  return join(folder, "dist/coordinator/cli/main.js");
}

function changedText(text: string, file: string, changes: readonly Change[]): string {
  return changes.reduce((before, [pattern, replacement]) => {
    const after = before.replace(pattern, replacement);
    if (after === before) throw new Error(`${file} has nothing like ${pattern}`);
    return after;
  }, text);
}
