/**
 * The worker's only reader of process.env. Called once by main.ts; everything else receives what it needs as
 * an argument. Invariant: every value is checked here and has a unit in its name.
 */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { enginesFor, type Granted, granted } from "../shared/cgroup/granted.ts";
import { OnrushError } from "../shared/errors.ts";
import { connectionsWithin, engineHeapMb } from "../shared/memory-need.ts";
import { parseAuthority } from "../shared/net/host.ts";
import { readAllowedTarget } from "../shared/net/target-policy.ts";
import { openFilesLimit } from "../shared/open-files.ts";
import { type ClusterKeys, findClusterKeys } from "../shared/trust/cluster-key.ts";
import type { HealthAddress } from "./health/health-server.ts";

/** null: none. */
export interface WorkerLimits {
  /** --max-connections */
  readonly maxConnections: number | null;
  /** --max-rate: messages a second, and connections opened a second, each by plan and of all it holds together. */
  readonly maxRate: number | null;
}

export interface WorkerConfig {
  /** Address of the bus; null for a worker that was forked and talks to its parent. */
  readonly bus: string | null;
  /** What this worker signs with, and what was signed with it is acted on. */
  readonly keys: ClusterKeys;
  /** It was configured to run without a key. */
  readonly withoutKey: boolean;
  /** Shown to people; stable for the life of the process. */
  readonly id: string;
  /** Engine threads. */
  readonly engines: number;
  /** Connections this worker can hold, and may. */
  readonly capacity: number;
  /** Memory it may plan with, of a control group that limits it; null: no limit. */
  readonly memoryLimitBytes: number | null;
  /** Heap of an engine thread at most, MiB; null: as much as the runtime gives it. */
  readonly engineHeapMb: number | null;
  /** What it does at most, whatever a plan says. */
  readonly limits: WorkerLimits;
  /** Hosts other than loopback that it may connect to, whatever a plan says. */
  readonly allowTargets: readonly string[];
  /** It runs the hooks of scenarios: code of whoever submits them. */
  readonly allowHooks: boolean;
  /** It does to itself what faults of a scenario ask of workers: end, stand still, lose the bus. */
  readonly allowFaults: boolean;
  /** Silence of the bus after which the worker stops its load by itself. */
  readonly fenceAfterMs: number;
  /** When asked to leave: how long others may take to take over what it holds. */
  readonly leaveMs: number;
  /** After a lost lease: open a new session and serve further runs, or exit. */
  readonly rejoin: boolean;
  /** Where its health is told (--health); null: nowhere. */
  readonly health: HealthAddress | null;
  /** Folder for every single value that is recorded; null: none are written. */
  readonly rawLog: string | null;
}

/** Files a process needs beside its sockets: code, pipes, event polls of the engine threads. */
const RESERVED_FILES = 200;
/** Those below are of containers, which begin to count anew. */
const LEAST_USUAL_PID = 100;
const MOST_ENGINES = 256;
const MOST_CONNECTIONS = 1_048_576;
const MOST_RATE = 1_000_000_000;

/** @throws OnrushError ONRUSH_USAGE, naming the variable and what it may hold. */
export function readConfig(
  environment: NodeJS.ProcessEnv = process.env,
  allowed: Granted = granted(),
): WorkerConfig {
  const id = environment["ONRUSH_WORKER_ID"] || `${hostname()}-${process.pid}${incarnation()}`;
  const integer = (name: string, fallback: number, [min, max]: readonly [number, number]) =>
    readInteger(name, environment[name], { fallback, min, max });
  const bus = environment["ONRUSH_WORKER_BUS"] || null;
  const source = {
    key: environment["ONRUSH_CLUSTER_KEY"] || null,
    file: environment["ONRUSH_CLUSTER_KEY_FILE"] || null,
    // A forked one is given its coordinator's; there is nobody else it could speak to.
    insecure: bus === null || environment["ONRUSH_WORKER_INSECURE_NO_KEY"] === "1",
  };
  const limits: WorkerLimits = {
    maxConnections: integer("ONRUSH_WORKER_MAX_CONNECTIONS", 0, [1, MOST_CONNECTIONS]) || null,
    maxRate: integer("ONRUSH_WORKER_MAX_RATE", 0, [1, MOST_RATE]) || null,
  };
  const health = readHealth(environment["ONRUSH_WORKER_HEALTH"] ?? "");
  const most = limits.maxConnections ?? MOST_CONNECTIONS;
  const engines = integer("ONRUSH_WORKER_ENGINES", enginesFor(allowed), [1, MOST_ENGINES]);
  // A forked one shares the limit with others, and is told its part.
  const part = integer("ONRUSH_WORKER_MEMORY_BYTES", 0, [1, Number.MAX_SAFE_INTEGER]) || null;
  const memory = part ?? allowed.limits.memoryBytes;
  const room = integer("ONRUSH_WORKER_CAPACITY", roomOf(memory, engines), [1, MOST_CONNECTIONS]);
  return {
    bus,
    keys: findClusterKeys(source),
    withoutKey: bus !== null && source.key === null && source.file === null,
    id: id.slice(0, 120),
    engines,
    capacity: Math.min(room, most),
    memoryLimitBytes: memory,
    engineHeapMb: memory === null ? null : engineHeapMb(memory, engines),
    limits,
    // Of its environment, and of its command line.
    allowTargets: ["ONRUSH_ALLOW_TARGETS", "ONRUSH_WORKER_ALLOW_TARGETS"]
      .flatMap((name) => (environment[name] ?? "").split(","))
      .filter((host) => host.trim() !== "")
      .map(readAllowedTarget),
    allowHooks: environment["ONRUSH_WORKER_ALLOW_HOOKS"] === "1",
    allowFaults: environment["ONRUSH_WORKER_ALLOW_FAULTS"] === "1",
    fenceAfterMs: integer("ONRUSH_WORKER_FENCE_AFTER_MS", 20_000, [1000, 600_000]),
    // The coordinator of a forked worker has nobody else to give its slices to.
    leaveMs: integer("ONRUSH_WORKER_LEAVE_MS", bus === null ? 0 : 90_000, [0, 3_600_000]),
    // A forked worker's coordinator decides what becomes of it; one of a cluster is there for further runs.
    rejoin: (environment["ONRUSH_WORKER_REJOIN"] ?? (bus === null ? "0" : "1")) === "1",
    // Forked ones are several on one machine, and their coordinator looks after them.
    health: bus === null ? null : health,
    rawLog: environment["ONRUSH_WORKER_RAW_LOG"] || null,
  };
}

/** In a container that is started again host and process are what they were: two workers would go by one name. */
function incarnation(): string {
  return process.pid < LEAST_USUAL_PID ? `-${randomBytes(2).toString("hex")}` : "";
}

/** Connections that open files and memory have room for. */
function roomOf(memoryBytes: number | null, engines: number): number {
  const files = Math.max(1, openFilesLimit() - RESERVED_FILES);
  return memoryBytes === null ? files : Math.min(files, connectionsWithin(memoryBytes, engines));
}

/** `host:port`; `:port` is on all addresses, because a probe comes from another machine's or container's. */
function readHealth(text: string): HealthAddress | null {
  if (text === "") return null;
  const everywhere = text.startsWith(":");
  const address = parseAuthority(everywhere ? `0.0.0.0${text}` : text);
  if (address !== null && address.port !== null) {
    return { host: everywhere ? null : address.host, port: address.port };
  }
  throw new OnrushError({
    code: "ONRUSH_USAGE",
    message: `ONRUSH_WORKER_HEALTH is "${text.slice(0, 100)}", not host and port.`,
    remedy: "Write it like 127.0.0.1:7701, or :7701 for all addresses of this machine.",
  });
}

interface IntegerRange {
  readonly fallback: number;
  readonly min: number;
  readonly max: number;
}

function readInteger(name: string, text: string | undefined, range: IntegerRange): number {
  if (text === undefined || text === "") return range.fallback;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= range.min && value <= range.max) return value;
  throw new OnrushError({
    code: "ONRUSH_USAGE",
    message: `${name} is "${text.slice(0, 40)}", not an integer from ${range.min} to ${range.max}.`,
    remedy: `Set ${name} to such a number, or unset it for ${range.fallback}.`,
  });
}
