/**
 * An attempt goes on at another address of its target's name when one does not let it in, in what is left of the
 * connect timeout. Called by the connection. Invariant: it is still one attempt; tcp is measured of the address that
 * accepts, connect from the start of the attempt.
 */
import type { ConnectFailure } from "../../shared/stats/failure-kind.ts";
import type { ConnectionHost, HostedConnection } from "./connection-host.ts";
import { Time } from "./connection-times.ts";

/** False when there is no other address, or none could help. */
export function triesAnother(
  connection: HostedConnection,
  host: ConnectionHost,
  kind: ConnectFailure,
): boolean {
  if (!host.routes.hasAnother(connection.target, connection.tries, kind)) return false;
  host.times.set(connection.slot, Time.stage, host.lastNowUs);
  connection.socket = host.openSocket(connection, connection.tries + 1);
  return true;
}
