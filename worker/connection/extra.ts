/** Messages that a fault has a connection send, beyond its schedule. Called by worker/faults. */
import type { ExtraMessage } from "../message/backlog.ts";
import type { ConnectionHost, HostedConnection } from "./connection-host.ts";
import { isFull } from "./pacing.ts";

/** @param kept what it is remembered as while it waits @returns null where its role has no messages, false where there is no room */
export function sendExtra(
  connection: HostedConnection,
  host: ConnectionHost,
  kept: ExtraMessage,
): boolean | null {
  const { socket, seq } = connection;
  const name = host.nameFor(connection, seq);
  if (name < 0) return null;
  if (socket === null || isFull(socket, host)) return false;
  host.correlator.sendExtra(connection, socket, name, kept);
  return true;
}
