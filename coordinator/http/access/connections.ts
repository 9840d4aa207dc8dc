/**
 * What one client may hold of a server: connections, and time. Used by server.ts and standby.ts, before anybody is asked
 * for a token. Invariant: a connection that does not get on is closed, whoever holds it, and so is one that was refused
 * before its body was read; open files are left for what runs write, whatever clients do.
 */
import type { Server } from "node:http";
import type { Socket } from "node:net";
import { openFilesLimit } from "../../../shared/open-files.ts";

/** From the first byte of a request to its last one. */
const REQUEST_MS = 60_000;
const HEADERS_MS = 15_000;
/** Of a connection on which nothing moves, in either direction. */
const IDLE_MS = 120_000;
const KEEP_ALIVE_MS = 30_000;
/** How often Node looks for requests that take too long. */
const CHECK_MS = 2000;

/** Open files that clients never get: journals, results, locks, the bus, and what Node itself needs. */
const LEAST_RESERVE = 64;
const MOST_RESERVE = 1024;
const LEAST_CONNECTIONS = 8;
const MOST_CONNECTIONS = 10_000;
const MOST_OF_AN_ADDRESS = 1000;

/** For fastify. */
export const TIMES = {
  requestTimeout: REQUEST_MS,
  connectionTimeout: IDLE_MS,
  keepAliveTimeout: KEEP_ALIVE_MS,
  http: { headersTimeout: HEADERS_MS, connectionsCheckingInterval: CHECK_MS },
} as const;

export interface ConnectionBounds {
  /** In all; more are closed when they are opened. */
  readonly all: number;
  /** From one address. */
  readonly each: number;
}

/** @param openFiles that this process may have */
export function connectionBounds(openFiles: number): ConnectionBounds {
  const reserve = Math.min(MOST_RESERVE, Math.max(LEAST_RESERVE, Math.floor(openFiles / 4)));
  const all = Math.min(MOST_CONNECTIONS, Math.max(LEAST_CONNECTIONS, openFiles - reserve));
  // One client alone must not keep the others out.
  const each = Math.min(MOST_OF_AN_ADDRESS, Math.max(LEAST_CONNECTIONS, Math.floor(all * 0.8)));
  return { all, each };
}

export function boundConnections(
  server: Server,
  { all, each }: ConnectionBounds = connectionBounds(openFilesLimit()),
): void {
  server.maxConnections = all;
  const open = new Map<string, number>();
  server.on("connection", (socket: Socket) => {
    const address = socket.remoteAddress ?? "";
    const count = (open.get(address) ?? 0) + 1;
    if (count > each) {
      socket.destroy();
      return;
    }
    open.set(address, count);
    socket.once("close", () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left > 0) open.set(address, left);
      else open.delete(address);
    });
  });
}
