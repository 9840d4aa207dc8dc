/**
 * Real Redis and NATS servers for tests: private children of the test run on free loopback ports, killed by pid.
 * Found in this order: the address in ONRUSH_TEST_REDIS_URL / ONRUSH_TEST_NATS_URL; binaries on PATH or in the
 * system's sbin folders; a cache in node_modules/.cache/onrush, filled by unpacking Debian packages without root;
 * apt-get as root. Otherwise the suites are skipped with one loud line, and fail under CI.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { tied } from "../../shared/lifeline.ts";
import { cacheOf, install, librariesIn, unpack } from "./debian.ts";
import { freePort } from "./ports.ts";

export interface BrokerServer {
  readonly url: string;
  /** null for a server that is not ours. */
  readonly pid: number | null;
  /** kill -9 and a new start with the same address and data. */
  restart(): Promise<void>;
  /** Kills it and starts it again with nothing in its store. */
  empty(): Promise<void>;
  stop(): Promise<void>;
}

const SYSTEM_FOLDERS = [
  "/usr/sbin",
  "/usr/local/sbin",
  "/usr/bin",
  "/usr/local/bin",
  "/opt/homebrew/bin",
];
const START_MS = 15_000;

interface Kind {
  readonly urlVariable: string;
  readonly programs: readonly string[];
  /** Debian packages: the server's first, then libraries it needs. */
  readonly packages: readonly string[];
  readonly server: string;
  arguments(port: number, folder: string): string[];
  url(port: number): string;
}

const KINDS = {
  redis: {
    urlVariable: "ONRUSH_TEST_REDIS_URL",
    programs: ["redis-server", "valkey-server"],
    packages: [
      "redis-server",
      "redis-tools",
      "libjemalloc2",
      "liblzf1",
      "liblua5.1-0",
      "lua-cjson",
      "lua-bitop",
      "libatomic1",
    ],
    server: "redis-server",
    arguments: (port, folder) => [
      ...["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--daemonize", "no"],
      ...["--save", "", "--appendonly", "yes", "--appendfsync", "everysec"],
      ...["--maxmemory-policy", "noeviction"],
    ],
    url: (port) => `redis://127.0.0.1:${port}/0`,
  },
  nats: {
    urlVariable: "ONRUSH_TEST_NATS_URL",
    programs: ["nats-server"],
    packages: ["nats-server"],
    server: "nats-server",
    arguments: (port, folder) => ["-a", "127.0.0.1", "-p", String(port), "-js", "-sd", folder],
    url: (port) => `nats://127.0.0.1:${port}`,
  },
} as const satisfies Record<string, Kind>;
export type BrokerKind = keyof typeof KINDS;

/**
 * What long suites run on: `usually`, or both brokers for who asks for it (ONRUSH_TEST_ALL=1). The short ones, and the
 * conformance suites, always run on both.
 */
export function brokersOf(usually: BrokerKind): readonly BrokerKind[] {
  return process.env["ONRUSH_TEST_ALL"] === "1" ? ["redis", "nats"] : [usually];
}

/** Why there is no server to be had; null when there is one. Loud on the way. */
export function missing(kind: BrokerKind): string | null {
  if (process.env[KINDS[kind].urlVariable] || findProgram(KINDS[kind]) !== null) return null;
  const why = `NO ${kind.toUpperCase()} SERVER: its suites are skipped. Install ${KINDS[kind].server}, or set ${KINDS[kind].urlVariable}.`;
  if (process.env["CI"]) throw new Error(why);
  console.warn(`\n!!! ${why}\n`);
  return why;
}

/** Starts a private server, or names the one the environment does. */
export async function startBroker(kind: BrokerKind): Promise<BrokerServer> {
  const given = process.env[KINDS[kind].urlVariable];
  if (given) {
    const restart = () => Promise.reject(new Error("a given server is not restarted"));
    return { url: given, pid: null, restart, empty: restart, stop: async () => {} };
  }
  const program = findProgram(KINDS[kind]);
  if (program === null) throw new Error(`there is no ${kind} server`);
  const folder = mkdtempSync(join(tmpdir(), `onrush-${kind}-`));
  const port = await freePort();
  const start = () => launch(program, KINDS[kind].arguments(port, folder), port);
  let child = await start();
  return {
    url: KINDS[kind].url(port),
    get pid() {
      return child.pid ?? null;
    },
    async restart() {
      await kill(child);
      child = await start();
    },
    async empty() {
      await kill(child);
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder);
      child = await start();
    },
    async stop() {
      await kill(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface Program {
  readonly path: string;
  readonly libraries: string | null;
}

function findProgram(kind: Kind): Program | null {
  const found = onPath(kind) ?? inCache(kind);
  if (found !== null) return found;
  unpack(cacheOf(kind.server), kind.packages);
  const unpacked = inCache(kind);
  if (unpacked !== null) return unpacked;
  install(kind.server);
  return onPath(kind);
}

function onPath({ programs }: Kind): Program | null {
  // Tests of the other ways pretend that nothing is installed.
  if (process.env["ONRUSH_TEST_NO_INSTALLED"] === "1") return null;
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), ...SYSTEM_FOLDERS];
  for (const program of programs) {
    for (const folder of folders) {
      const path = join(folder, program);
      if (folder !== "" && existsSync(path)) return { path, libraries: null };
    }
  }
  return null;
}

function inCache({ programs, server }: Kind): Program | null {
  const root = cacheOf(server);
  for (const program of programs) {
    for (const folder of ["usr/bin", "usr/sbin"]) {
      const path = join(root, folder, program);
      if (existsSync(path)) return { path, libraries: librariesIn(root) };
    }
  }
  return null;
}

async function launch(
  program: Program,
  args: readonly string[],
  port: number,
): Promise<ChildProcess> {
  const child = spawn(...tied(program.path, args), {
    stdio: "ignore",
    env: {
      ...process.env,
      ...(program.libraries === null ? {} : { LD_LIBRARY_PATH: program.libraries }),
    },
  });
  const giveUpAt = performance.now() + START_MS;
  while (!(await answers(port))) {
    if (child.exitCode !== null || performance.now() > giveUpAt) {
      await kill(child);
      throw new Error(`${program.path} did not start`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

async function answers(port: number): Promise<boolean> {
  const socket = createConnection({ host: "127.0.0.1", port });
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
