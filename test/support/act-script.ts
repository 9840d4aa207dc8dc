/** A command that a test has Onrush run, and what it left behind when it ran. */
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** @param body of the shell script. @returns its path; each run adds a line with its first argument and the fault it is of */
export function actScript(folder: string, body: string): string {
  const path = join(folder, "act.sh");
  writeFileSync(path, `#!/bin/sh\necho "$1 $ONRUSH_FAULT" >> "${folder}/ran"\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}

/** Lines of its runs, in order. */
export function runsOf(folder: string): readonly string[] {
  const path = join(folder, "ran");
  return existsSync(path)
    ? readFileSync(path, "utf8")
        .trim()
        .split("\n")
        .map((line) => line.trim())
    : [];
}
