/**
 * Reads the repository the house rules judge: every file that is, or could be, committed. Invariant: what
 * git ignores is not read, and nothing here depends on whether files have been added yet.
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Scan, scan } from "./scan.ts";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export interface TextFile {
  /** Relative to the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

export interface SourceFile extends TextFile {
  readonly scan: Scan;
}

/** Without git (an unpacked archive): what .gitignore leaves out, by hand. */
const NOT_OURS = new Set([".git", "node_modules", "dist", "runs", "coverage", "reports"]);

export function listFiles(root: string): string[] {
  try {
    const out = execFileSync("git", ["ls-files", "-z", "-c", "-o", "--exclude-standard"], {
      cwd: root,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    // A file that was deleted but not yet committed is still listed.
    const paths = out.split("\0").filter((path) => path !== "" && isFile(join(root, path)));
    if (paths.length > 0) return [...new Set(paths)].sort();
  } catch {
    // Not a git checkout: walk instead.
  }
  return walk(root, "").sort();
}

function walk(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (folder === "" && NOT_OURS.has(entry.name)) return [];
    if (entry.isDirectory()) return walk(root, path);
    return entry.isFile() ? [path] : [];
  });
}

export function readTexts(root: string, paths: readonly string[]): TextFile[] {
  return paths.map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

export function toSource(file: TextFile): SourceFile {
  return { ...file, scan: scan(file.text) };
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
