/**
 * Programs tests need and this machine lacks, from the system's own package source: unpacked into a cache without root,
 * or installed as root. Used by servers.ts and browser.ts. Invariant: nothing is fetched when it is there already, and
 * nothing throws: who asked looks whether it has what it wanted.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const CACHE = fileURLToPath(new URL("../../node_modules/.cache/onrush/", import.meta.url));

/** Where the packages of one program are unpacked. */
export function cacheOf(program: string): string {
  return join(CACHE, program);
}

/** Needs no root, only apt-get, dpkg and the system's lists of packages. */
export function unpack(root: string, packages: readonly string[]): void {
  try {
    mkdirSync(root, { recursive: true });
    for (const name of packages) {
      try {
        execFileSync("apt-get", ["download", "-qq", name], { cwd: root, stdio: "ignore" });
      } catch {
        // A library another release has under another name; whether the program runs decides.
      }
    }
    for (const file of readdirSync(root).filter((name) => name.endsWith(".deb"))) {
      execFileSync("dpkg", ["-x", join(root, file), root], { stdio: "ignore" });
    }
  } catch {
    // No such system, or no such package.
  }
}

/** The package, and what it needs that is not installed. */
export function lackingOf(name: string): string[] {
  try {
    const args = ["install", "--print-uris", "-qq", "--no-install-recommends", name];
    const text = execFileSync("apt-get", args, { encoding: "utf8", stdio: "pipe" });
    const files = [...text.matchAll(/^'\S+' (\S+?)_/gm)];
    return [...new Set([name, ...files.map(([, file = ""]) => file)])];
  } catch {
    return [name];
  }
}

/** With root only. */
export function install(name: string): void {
  if (process.getuid?.() !== 0) return;
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  try {
    execFileSync("apt-get", ["update", "-qq"], { stdio: "ignore" });
    const args = ["install", "-y", "-qq", "--no-install-recommends", name];
    execFileSync("apt-get", args, { stdio: "ignore", env });
  } catch {
    // Another system, or no network.
  }
}

/** For LD_LIBRARY_PATH of a program that was unpacked. */
export function librariesIn(root: string): string {
  const libraries = join(root, "usr/lib");
  if (!existsSync(libraries)) return "";
  const folders = readdirSync(libraries).map((name) => join(libraries, name));
  return [libraries, ...folders].join(delimiter);
}
