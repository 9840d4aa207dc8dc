/**
 * When a connection is served, and when it is not: what availability is counted by. Called by the connection and by what ends,
 * begins or disturbs it.
 *
 *   from                            | stands
 *   --------------------------------+---------------------------------------------------------------------------
 *   its steps done, a reply in time | up
 *   a first attempt, until its end  | none: how long that takes is the measure connect
 *   a failed attempt, a drop        | down, until it is up or the plan closes it, also when it has given up
 *   no reply in time                | down, until a reply comes in time
 *   a failure of our own            | none, until the next attempt is over
 *   a fault, until it tries again   | up or down by a fault: counted apart, as all that faults do
 *   the plan closes it              | none
 *
 * Invariant: what we do is no downtime of the target; from the attempt to come back on, how long that takes is its doing.
 */
import {
  type CloseCause,
  type ConnectFailure,
  failureCause,
} from "../../shared/stats/failure-kind.ts";
import type { Touch } from "../faults/victim.ts";
import { type Served, Standing } from "../record/uptime-rows.ts";
import { isDrop } from "./close-cause.ts";
import type { ConnectionHost } from "./connection-host.ts";

interface Affected extends Served {
  readonly touch: Touch | null;
}

type Host = Pick<ConnectionHost, "recorder" | "lastNowUs">;

/** It tries to connect: what a fault has taken from it is the target's to give back. */
export function trying(connection: Affected, host: Host): void {
  if (connection.standing === Standing.downByFault && !isActedOn(connection)) {
    stand(connection, host, Standing.down);
  }
}

/** An attempt has failed. */
export function refused(connection: Affected, host: Host, kind: ConnectFailure): void {
  const cause = failureCause(kind);
  if (cause === "injected" || (cause === "target" && isActedOn(connection))) {
    stand(connection, host, Standing.downByFault);
  } else stand(connection, host, cause === "target" ? Standing.down : Standing.none);
}

/** It is open, its first steps done. */
export function served(connection: Affected, host: Host): void {
  const isTouched = connection.touch !== null && connection.touch.acting.length > 0;
  stand(connection, host, isTouched ? Standing.upByFault : Standing.up);
}

/** A reply came in time, or did not. */
export function answered(
  connection: Affected & { readonly isOpen: boolean },
  host: Host,
  isInTime: boolean,
): void {
  const { standing, isOpen } = connection;
  if (standing === Standing.none || !isOpen) return;
  if (standing === Standing.up || standing === Standing.down) {
    stand(connection, host, isInTime ? Standing.up : Standing.down);
  } else stand(connection, host, isInTime ? Standing.upByFault : Standing.downByFault);
}

/** It was open, and is no more. @param wasOpen neither the plan nor we had begun to close it */
export function fallen(
  connection: Affected,
  host: Host,
  { cause, wasOpen }: { readonly cause: CloseCause; readonly wasOpen: boolean },
): void {
  if (!wasOpen) stand(connection, host, Standing.none);
  else if (cause === "injected") stand(connection, host, Standing.downByFault);
  else if (!isDrop(cause)) stand(connection, host, Standing.none);
  else stand(connection, host, isActedOn(connection) ? Standing.downByFault : Standing.down);
}

/** The plan wants it no longer. */
export function unwanted(connection: Served, host: Host): void {
  stand(connection, host, Standing.none);
}

function stand(connection: Served, { recorder, lastNowUs }: Host, to: Standing): void {
  recorder.uptime.move(connection, to, lastNowUs);
}

function isActedOn({ touch }: Affected): boolean {
  return touch?.acting.some(({ isLifted }) => !isLifted) === true;
}
