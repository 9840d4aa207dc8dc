/**
 * Ties what connections do ahead of an attempt (worker/login) to their pool. Called by the pool. Invariant: an attempt without
 * such steps costs one look at a list.
 */
import {
  type ConnectionHost,
  type HostedConnection,
  settingsOf,
  TimerKind,
} from "../connection/connection-host.ts";
import { Time } from "../connection/connection-times.ts";
import { Logins } from "../login/login.ts";
import type { EngineContext } from "./engine-context.ts";
import type { SocketOpener } from "./socket-opener.ts";

/** @returns the logins; after the last step of one, the opener opens */
export function loginsOf(
  context: EngineContext,
  host: ConnectionHost,
  opener: SocketOpener,
): Logins<HostedConnection> {
  return new Logins(context.logins ?? [], {
    ...{ recorder: host.recorder, captures: host.correlator.captures },
    contextOf: (connection) => host.correlator.contextOf(connection),
    nowUs: () => host.nowUs(),
    expireAt: ({ slot }, dueUs) => host.schedule(slot, TimerKind.life, dueUs),
    // The attempt to connect is timed from here.
    onLoggedIn: (connection, nowUs) => {
      const { slot } = connection;
      host.correlator.activity.authenticated(slot, nowUs);
      host.times.set(slot, Time.attempt, nowUs);
      host.times.set(slot, Time.stage, nowUs);
      host.schedule(slot, TimerKind.life, nowUs + settingsOf(connection, host).connectTimeoutUs);
      connection.socket = opener.open(connection, 0);
    },
  });
}
