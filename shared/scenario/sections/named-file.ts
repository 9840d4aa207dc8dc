/**
 * Reading a file that the scenario names. Called by data.ts and tls.ts; reading itself is given. Invariant: a file that
 * cannot be read is an issue at the place that names it.
 */
import type { Path } from "../issue.ts";
import { quoted } from "../units.ts";
import type { Scene } from "./section.ts";

/** null when it cannot be read (logged). */
export function readNamed(
  path: string,
  at: Path,
  { readFile, log }: Pick<Scene, "readFile" | "log">,
): Buffer | null {
  try {
    return readFile(path);
  } catch (error) {
    log.add(at, ...fileProblem(path, error));
    return null;
  }
}

/** Why a file cannot be read, and what to do. */
export function fileProblem(path: string, error: unknown): [what: string, hint: string] {
  const code = (error as { code?: unknown } | null)?.code;
  const reason =
    code === "ENOENT" ? "no such file" : typeof code === "string" ? code : "unreadable";
  return [`cannot read ${quoted(path)}: ${reason}`, "paths are relative to the scenario file"];
}
