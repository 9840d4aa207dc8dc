/**
 * How each server of the benchmark is started. Called by live-run.ts. All of them take the same behaviour document
 * (docs/target.md); those written for the benchmark know part of it and end when they are given the rest.
 */
import { spawnSync } from "node:child_process";
import type { Document } from "../case-file.ts";
import { BALANCER, PROXY, PYTHON_SERVER, TARGET, WS_SERVER } from "../paths.ts";
import type { ServerName } from "./names.ts";
import { listening, type RunningServer, sleep, startByLines, startProgram } from "./server.ts";

interface ServerKind {
  /** Why it cannot be used on this machine; null when it can. */
  missing(): string | null;
  /**
   * @param args options of the command line, where it has any
   * @param prefix in front of its command
   */
  start(args: readonly string[], prefix?: readonly string[]): Promise<RunningServer>;
}

const PYTHON = "python3";
/** asyncio of 3.8 has all that the server needs. */
const PYTHON_CHECK = "import sys, asyncio; sys.exit(sys.version_info < (3, 8))";

export const SERVERS: Readonly<Record<ServerName, ServerKind>> = {
  target: { missing: () => null, start: startTarget },
  ws: {
    missing: () => null,
    start: (args, prefix = []) =>
      startByLines(...behind(prefix, [process.execPath, WS_SERVER, ...args])),
  },
  python: {
    missing: () =>
      spawnSync(PYTHON, ["-c", PYTHON_CHECK]).status === 0 ? null : "no python3 (3.8 or later)",
    start: (args, prefix = []) => startByLines(...behind(prefix, [PYTHON, PYTHON_SERVER, ...args])),
  },
};

/** A TCP proxy in front of the first of these servers that takes a client; it ends none of them. Its behaviour is that of the path. */
export function startPath(to: readonly Pick<RunningServer, "url">[]): Promise<RunningServer> {
  const places = to.flatMap(({ url }) => [new URL(url).hostname, new URL(url).port]);
  return startByLines(process.execPath, [PROXY, ...places]);
}

function behind(prefix: readonly string[], program: readonly string[]): [string, string[]] {
  const [command = "", ...args] = [...prefix, ...program];
  return [command, args];
}

/** A balancer in front of servers, which it does not end. @param plan which of them has a connection */
export function startBalancer(
  to: readonly Pick<RunningServer, "url">[],
  plan: Document,
): Promise<RunningServer> {
  const places = to.map(({ url }) => new URL(url).host);
  return startByLines(process.execPath, [BALANCER, JSON.stringify(plan), ...places]);
}

const POLL_MS = 50;

async function startTarget(
  args: readonly string[],
  prefix: readonly string[] = [],
): Promise<RunningServer> {
  // It is asked for its counts from here.
  if (prefix.length > 0) throw new Error("the target has no network of its own");
  const command = [TARGET, "--port", "0", ...args];
  const program = startProgram(process.execPath, command);
  const { said, stop } = program;
  const statsUrl = await listening(program, "statsUrl");
  return {
    url: await said("url"),
    async behave(behaviour) {
      const response = await fetch(statsUrl.replace(/stats$/, "behaviour"), {
        method: "PUT",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(behaviour),
      });
      if (!response.ok) throw new Error(`the target refused: ${await response.text()}`);
    },
    async firstConnection() {
      for (;;) {
        if ((await accepted(statsUrl)) > 0) return;
        await sleep(POLL_MS);
      }
    },
    stop,
  };
}

/** Connections so far; some, when the target has ended, so that nobody waits for it. */
async function accepted(statsUrl: string): Promise<number> {
  try {
    return ((await (await fetch(statsUrl)).json()) as { accepted: number }).accepted;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
