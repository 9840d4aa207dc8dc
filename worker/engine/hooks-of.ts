/**
 * Ties hooks (worker/hooks) to the pool of connections. Called by the pool. Invariant: an engine without hooks has nothing of
 * this; after before() the attempt goes on with its HTTP steps, or its socket.
 */
import {
  type ConnectionHost,
  type HostedConnection,
  settingsOf,
  TimerKind,
} from "../connection/connection-host.ts";
import { hookFields } from "../hooks/hook-fields.ts";
import { Hooks } from "../hooks/hooks.ts";
import type { ReadyPayloads } from "../hooks/ready-payloads.ts";
import type { Conversation } from "../message/conversation.ts";
import type { DriverSocket } from "../socket/driver.ts";
import type { EngineContext } from "./engine-context.ts";

/** @returns null: the scenario has none */
export function hooksOf(
  { plan, hooks }: EngineContext,
  host: ConnectionHost,
  of: {
    readonly payloads: ReadyPayloads | null;
    isLive(conversation: Conversation): boolean;
    openNow(connection: HostedConnection): DriverSocket;
  },
): Hooks<HostedConnection> | null {
  if (!hooks) return null;
  const { correlator, recorder } = host;
  const { captures } = correlator;
  return new Hooks<HostedConnection>(plan.scenario, hooks, {
    payloads: of.payloads,
    host: {
      ...{ recorder, captures },
      nowUs: () => host.nowUs(),
      phaseAt: (runUs) => host.phaseAt(runUs),
      fieldsOf: (conversation) => hookFields(correlator.contextOf(conversation), captures.names),
      isLive: of.isLive,
      expireAt: ({ slot }, dueUs) => host.schedule(slot, TimerKind.life, dueUs),
      onBefore(connection) {
        const { slot } = connection;
        host.times.timed(slot, host.lastNowUs);
        const { connectTimeoutUs } = settingsOf(connection, host);
        host.schedule(slot, TimerKind.life, host.lastNowUs + connectTimeoutUs);
        connection.socket = of.openNow(connection);
      },
    },
  });
}
