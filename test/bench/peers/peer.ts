/** What a load generator must say to be compared with ours; one file for each, listed in registry.ts. */
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Connections that open evenly over a ramp; each sends its messages at a steady rate until it has been open for so long. */
export interface PeerWork {
  readonly name: string;
  readonly connections: number;
  readonly rampSeconds: number;
  readonly openSeconds: number;
  readonly perConnectionPerSec: number;
  /** A text that is echoed, or JSON with a UUID whose reply is told by it. */
  readonly message: "text" | "json";
}

export interface PeerRun {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface Peer {
  /** With its version. */
  readonly name: string;
  readonly work: PeerWork;
  /** What it does less than ours, or does not do the same; printed with its figures. */
  readonly differs: string;
  /** Makes it ready. @returns "" or why it cannot be run here */
  install(): string;
  /** @param folder for what it needs to be given as a file */
  prepare(work: PeerWork, url: string, folder: string): PeerRun;
}

/** About what a message of a chat or a game looks like. */
export const ROOM = "lobby-17";
export const TEXT = "the quick brown fox jumps over the lazy dog";

const root = fileURLToPath(new URL("../../../../", import.meta.url));

/** Where a peer is installed; survives until node_modules is made anew. */
export function cacheOf(peer: string): string {
  const folder = join(root, "node_modules/.cache/onrush", peer);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Runs a step of an installation. @returns "" or what went wrong */
export function attempt(command: string, args: readonly string[], cwd?: string): string {
  const { status, error, stderr } = spawnSync(command, args, {
    cwd,
    stdio: ["ignore", "ignore", "pipe"],
    encoding: "utf8",
  });
  if (error) return `${command}: ${error.message}`;
  if (status === 0) return "";
  const last = stderr.trim().split("\n").at(-1) ?? "";
  return `${command} ended with ${status}: ${last}`;
}
