/**
 * Ties faults (worker/faults) to the pool of connections. Called by the pool. Invariant: an engine without faults has nothing of
 * this.
 */
import { assert } from "../../shared/assert.ts";
import type { Population } from "../../shared/load/arrivals.ts";
import type { StrictFault } from "../../shared/scenario/strict-fault.ts";
import {
  type ConnectionHost,
  type HostedConnection,
  settingsOf,
} from "../connection/connection-host.ts";
import { sendExtra } from "../connection/extra.ts";
import { Faults } from "../faults/faults.ts";
import { shiftPending, waitsSinceUs } from "../message/waiting.ts";
import type { EngineContext } from "./engine-context.ts";
import type { SocketOpener } from "./socket-opener.ts";

/** @param live connections by slot @returns null: there are none */
export function faultsOf(
  { plan, worker }: EngineContext,
  host: ConnectionHost,
  of: {
    readonly faults: readonly StrictFault[];
    readonly population: Population;
    readonly live: readonly (HostedConnection | null)[];
    readonly opener: SocketOpener;
  },
): Faults<HostedConnection> | null {
  const { faults, population, live } = of;
  if (faults.length === 0) return null;
  const scenario = { ...plan.scenario, faults };
  return new Faults<HostedConnection>(
    {
      ...{ scenario, worker: worker ?? null, live, recorder: host.recorder },
      nowUs: () => host.lastNowUs,
      clockUs: () => host.nowUs(),
      phaseAt: (runUs) => host.phaseAt(runUs),
      isClear: (victim, sinceUs) => waitsSinceUs(host.correlator.pending, victim) >= sinceUs,
      sendExtra: ({ slot }, kept) => {
        const connection = of.live[slot];
        return connection ? sendExtra(connection, host, kept) : false;
      },
      pinged: (slot) => host.correlator.activity.pinged(slot, host.nowUs()),
      injected: (slot, bytes) => host.correlator.activity.injected(slot, bytes, host.nowUs()),
      openBeside: ({ slot }, owner, spoil) => {
        const connection = of.live[slot];
        assert(connection, "fault: a handshake beside a connection that is over");
        return of.opener.beside(connection, owner, spoil);
      },
      connectTimeoutUs: (victim) => settingsOf(victim, host).connectTimeoutUs,
      shiftPending: (victim, by) => {
        shiftPending(host.correlator.pending, victim, by);
        host.correlator.observers.disturbed(victim, by);
      },
    },
    population,
  );
}
