/**
 * The target's command line, checked, and the limits of its process. Called by the entry. The only file
 * here that reads what surrounds the process. Invariant: what it returns can be used without a check.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { OnrushError } from "../shared/errors.ts";
import { type Behaviour, parseBehaviour, plainBehaviour } from "./behaviour-schema.ts";

export interface TargetConfig {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly processes: number;
  readonly backlog: number;
  /** Sockets a process holds before it stops accepting. */
  readonly maxSockets: number;
  readonly behaviour: Behaviour;
  readonly subprotocols: readonly string[];
  readonly compression: boolean;
  readonly tls: { readonly cert: string; readonly key: string } | null;
}

export const USAGE = `Usage: onrush target [options]

A WebSocket server that echoes, misbehaves on request, and counts what it saw.

  --port N            port; 0 for any free one (default 0)
  --host HOST         address to listen on (default 127.0.0.1)
  --processes N       processes that share the port (default 1)
  --behaviour FILE    how it behaves, as JSON (see docs/target.md)
  --backlog N         connections the kernel may hold for us (default 4096)
  --max-sockets N     sockets per process (default: open-file limit - 256)
  --subprotocols A,B  subprotocols it speaks (default: the first one offered)
  --compression       permessage-deflate for clients that offer it
  --tls-cert FILE     serve wss with this certificate (PEM) …
  --tls-key FILE      … and this key (PEM)
  --help              show this text

The first line on stdout is JSON: {"url":…,"statsUrl":…}.
`;

const OPTIONS = {
  port: { type: "string", default: "0" },
  host: { type: "string", default: "127.0.0.1" },
  processes: { type: "string", default: "1" },
  behaviour: { type: "string" },
  backlog: { type: "string", default: "4096" },
  "max-sockets": { type: "string" },
  subprotocols: { type: "string", default: "" },
  compression: { type: "boolean", default: false },
  "tls-cert": { type: "string" },
  "tls-key": { type: "string" },
  help: { type: "boolean", default: false },
} as const;

/** Open files kept for everything that is no connection. */
const SPARE_FILES = 256;
const MAX_PROCESSES = 256;

/**
 * Reads the arguments; null when help was asked for.
 * @throws OnrushError (usage, or an invalid or unreadable file) with the exact place.
 */
export function readConfig(args: readonly string[]): TargetConfig | null {
  const values = parsed(args);
  if (values.help) return null;
  const cert = values["tls-cert"];
  const key = values["tls-key"];
  if ((cert === undefined) !== (key === undefined)) {
    throw usage("--tls-cert and --tls-key go together");
  }
  return {
    host: values.host,
    port: whole("--port", values.port, 0, 65535),
    processes: whole("--processes", values.processes, 1, MAX_PROCESSES),
    backlog: whole("--backlog", values.backlog, 1, 65535),
    maxSockets:
      values["max-sockets"] === undefined
        ? Math.max(64, openFileLimit() - SPARE_FILES)
        : whole("--max-sockets", values["max-sockets"], 1, 10_000_000),
    behaviour: values.behaviour === undefined ? plainBehaviour() : readBehaviour(values.behaviour),
    subprotocols: values.subprotocols.split(",").filter((name) => name !== ""),
    compression: values.compression,
    tls: cert === undefined || key === undefined ? null : { cert: read(cert), key: read(key) },
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, strict: true }).values;
  } catch (error) {
    throw usage(error instanceof Error ? error.message : String(error));
  }
}

function whole(option: string, text: string, least: number, most: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw usage(`${option} ${JSON.stringify(text)} is not a whole number from ${least} to ${most}`);
}

function usage(message: string): OnrushError {
  return new OnrushError({ code: "ONRUSH_USAGE", message, remedy: "onrush target --help" });
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new OnrushError({ code: "ONRUSH_SCENARIO_UNREADABLE", message: why, cause });
  }
}

function readBehaviour(file: string): Behaviour {
  const text = read(file);
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new OnrushError({ code: "ONRUSH_SCENARIO_INVALID", message: `${file}: ${why}`, cause });
  }
  const result = parseBehaviour(document);
  if ("behaviour" in result) return result.behaviour;
  const lines = result.issues.map((issue) => `${file}: ${issue.path}: ${issue.message}`);
  throw new OnrushError({
    code: "ONRUSH_SCENARIO_INVALID",
    message: lines.join("\n"),
    remedy: "docs/target.md describes every dial",
  });
}

/** Open files this process may have. Node has no call for it; a shell inherits the same limit. */
function openFileLimit(): number {
  try {
    const text = execFileSync("/bin/sh", ["-c", "ulimit -n"], { encoding: "utf8" }).trim();
    return text === "unlimited" ? 1_000_000 : Number(text) || 1024;
  } catch {
    return 1024;
  }
}
