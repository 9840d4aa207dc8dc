/**
 * What a connection needs of the engine it lives in. Implemented by the engine; the narrowest role, so a
 * connection knows nothing of shards, leases or frames.
 */
import type { StrictReconnect } from "../../shared/scenario/strict.ts";
import type { ConnectFailure } from "../../shared/stats/failure-kind.ts";
import type { Faults } from "../faults/faults.ts";
import type { Victim } from "../faults/victim.ts";
import type { Hooks } from "../hooks/hooks.ts";
import type { Correlator } from "../message/correlator.ts";
import type { Recorder } from "../record/recorder.ts";
import type { DriverSocket, SocketOwner } from "../socket/driver.ts";
import { type ConnectionTimes, Time } from "./connection-times.ts";

/** Timers of a connection in the engine's wheel: timer id = slot * TIMER_KINDS + kind. */
export const TimerKind = { life: 0, send: 1, ping: 2 } as const;
export type TimerKind = (typeof TimerKind)[keyof typeof TimerKind];
export const TIMER_KINDS = 3;

/** Which session of the plan a connection is, and where it is kept. */
export interface ConnectionIdentity {
  readonly slot: number;
  readonly index: number;
  readonly shard: number;
  readonly slice: number;
  readonly target: number;
  readonly role: number;
  readonly session: number;
  /** How often the index was opened before this session, as far as its engine knows. */
  readonly attempt: number;
}

/** A connection as its schedule sees it. */
export interface Scheduled {
  readonly index: number;
  readonly role: number;
  /** Number of the next slot, over all sessions of the index. */
  sendCounter: number;
}

/** A connection as the engine sees it that opens its sockets. */
export interface HostedConnection extends SocketOwner, Victim {
  readonly slice: number;
  /** Of the intended open. */
  readonly phase: number;
  /** Addresses that the running attempt has tried before. */
  tries: number;
  socket: DriverSocket | null;
}

/** A stage of an attempt is over: records what it took. @returns now */
export function endStage(
  { slot, phase }: { readonly slot: number; readonly phase: number },
  host: ConnectionHost,
  metric: number,
): number {
  const nowUs = host.nowUs();
  host.recorder.value(metric, phase, nowUs - host.times.get(slot, Time.stage));
  return nowUs;
}

/** What a connection is by its role. */
export interface RoleSettings {
  readonly connectTimeoutUs: number;
  readonly heartbeat: { readonly pingUs: number; readonly timeoutUs: number } | null;
  readonly reconnect: StrictReconnect;
  /** Unanswered messages a connection may have. */
  readonly inFlight: number;
}

export function settingsOf(
  { role }: { readonly role: number },
  { settings }: Pick<ConnectionHost, "settings">,
): RoleSettings {
  return settings[role] as RoleSettings;
}

export interface ConnectionHost {
  readonly recorder: Recorder;
  readonly correlator: Correlator;
  readonly times: ConnectionTimes;
  readonly routes: {
    /** The way of try `tries` of an attempt. */
    route(
      index: number,
      target: number,
      tries: number,
    ): { readonly address: string; readonly localAddress: string | null };
    /** Whether a target has another address for an attempt that failed so. */
    hasAnother(target: number, tries: number, kind: ConnectFailure): boolean;
  };
  /** null: the scenario has none. */
  readonly hooks: Hooks<HostedConnection> | null;
  /** null: the scenario has none. */
  readonly faults: Faults<HostedConnection> | null;
  /** By position in rolesOf. */
  readonly settings: readonly RoleSettings[];
  /** The time last read by nowUs(); for what happens in the same turn. */
  readonly lastNowUs: number;
  /** Reads the clock, run time; cuts the frame first when a second is over. */
  nowUs(): number;
  /** Messages intended before this are too far behind to be sent. */
  behindUs(nowUs: number): number;
  phaseAt(runUs: number): number;
  isSecure(target: number): boolean;
  messageName(name: number): string;
  /** Which message of its mix is the connection's `counter`-th; negative: it has none. */
  nameFor(connection: Pick<Scheduled, "index" | "role">, counter: number): number;
  /** Advances the connection's message schedule; Infinity when it has no more. */
  nextSlotUs(connection: Scheduled, fromUs: number): number;
  /** A part, 0 to 1, of the time between pings. */
  firstPing(index: number): number;
  /** Uniform in [0, 1), a function of its arguments and the seed. */
  jitter(index: number, incarnation: number): number;
  /** A connection opened, with these agreed on; "" for none. */
  agreed(connection: HostedConnection, protocol: string, extensions: string): void;
  /** To the address of the attempt's `tries`-th try, from 0 on. */
  openSocket(connection: HostedConnection, tries: number): DriverSocket;
  schedule(slot: number, kind: TimerKind, dueUs: number): void;
  cancel(slot: number, kind: TimerKind): void;
  /** The connection is over; its slot may be given to another. */
  release(connection: HostedConnection): void;
}
