/**
 * Is the bus of a cluster fit for a run, and who is on it? Called by doctor.ts when a bus was named. Opens it as a
 * coordinator would (which makes what a run keeps there, when it is not there yet), asks, and leaves.
 * Invariant: takes no lead and gives no orders, so runs that go on do not notice. No password is shown.
 */
import type { CoordinatorBus, SessionRecord } from "../../shared/bus/bus.ts";
import { openBus } from "../../shared/bus/open-bus.ts";
import { OnrushError } from "../../shared/errors.ts";
import type { Clock } from "../../shared/time/clock.ts";
import type { Timers } from "../../shared/time/timer.ts";
import { findClusterKeys, type KeySource } from "../../shared/trust/cluster-key.ts";
import { usablePorts } from "../local/sizing.ts";
import type { Limit } from "./capacity.ts";
import { type Check, ok } from "./check.ts";

/** Asked so often; the shortest round trip counts. */
const PROBES = 8;
/** A worker that has been silent for longer may be gone. */
const ALIVE_MS = 10_000;
/** Round trips this long make starts and hand-overs sluggish. */
const SLOW_MS = 50;
/** Clocks that are known no better than this blur latencies between machines. */
const BLURRED_MS = 5;

export interface BusToCheck {
  readonly url: string;
  readonly key: KeySource;
}

export interface BusFindings {
  readonly checks: readonly Check[];
  /** What its workers can carry together; null when nobody could be asked. */
  readonly limits: readonly Limit[] | null;
}

export async function checkBus(
  { url, key }: BusToCheck,
  loopback: boolean,
  times: { readonly clock: Clock; readonly timers: Timers },
): Promise<BusFindings> {
  try {
    const keys = findClusterKeys(key);
    const bus = await openBus(url, "coordinator", { timers: times.timers, keys, log: null });
    try {
      const roundTripMs = await shortestRoundTrip(bus, times.clock);
      const sessions = (await bus.listSessions()).filter(({ silentMs }) => silentMs < ALIVE_MS);
      const checks = [busCheck(bus.kind, url, roundTripMs), workersCheck(url, sessions)];
      if (bus.refusals.count > 0) checks.push(refusedCheck(bus.refusals));
      return { checks, limits: limitsOf(sessions, loopback) };
    } finally {
      await bus.close();
    }
  } catch (error) {
    if (!(error instanceof OnrushError)) throw error;
    const { message, remedy } = error;
    return {
      checks: [{ name: "bus", status: "fail", text: message, remedies: [remedy] }],
      limits: null,
    };
  }
}

async function shortestRoundTrip(bus: CoordinatorBus, clock: Clock): Promise<number> {
  let shortestUs = Number.POSITIVE_INFINITY;
  for (let probe = 0; probe < PROBES; probe++) {
    const fromUs = clock.monotonicUs();
    await bus.time();
    shortestUs = Math.min(shortestUs, clock.monotonicUs() - fromUs);
  }
  return shortestUs / 1000;
}

function busCheck(kind: string, url: string, roundTripMs: number): Check {
  const text = `${kind} at ${new URL(url).host}, round trip ${roundTripMs.toFixed(2)} ms`;
  if (roundTripMs < SLOW_MS) return ok("bus", text);
  return { name: "bus", status: "warn", text, remedies: ["use a broker nearer to the workers"] };
}

/** Workers with another key, or records nobody of this cluster has written. */
function refusedCheck({ count, last }: CoordinatorBus["refusals"]): Check {
  return {
    name: "signatures",
    status: "warn",
    text: `${count} record${count === 1 ? "" : "s"} refused; the last: ${last}`,
    remedies: [
      "give all workers the coordinator's ONRUSH_CLUSTER_KEY; see who else writes to the broker",
    ],
  };
}

function workersCheck(url: string, sessions: readonly SessionRecord[]): Check {
  const shown = new URL(url);
  shown.password = shown.password === "" ? "" : "…";
  if (sessions.length === 0) {
    return {
      name: "workers",
      status: "fail",
      text: "none is on the bus",
      remedies: [`onrush worker --bus ${decodeURI(shown.href)}   # on each machine`],
    };
  }
  const hosts = new Set(sessions.map(({ info }) => info.host)).size;
  const capacity = sessions.reduce((sum, { info }) => sum + info.capacity, 0);
  const errorsMs = sessions.map(({ status }) => (status?.clockErrorUs ?? 0) / 1000);
  const blurMs = Math.max(...errorsMs);
  const text = `${sessions.length} on ${hosts} machine${hosts === 1 ? "" : "s"}, room for ${capacity.toLocaleString("en-US")} connections, clocks known to ${blurMs.toFixed(2)} ms`;
  const versions = new Set(sessions.map(({ info }) => `${info.version}/${info.wire}`));
  if (versions.size > 1) {
    const remedies = ["install the same version of onrush on all of them"];
    return { name: "workers", status: "warn", text: `${text}; of different versions`, remedies };
  }
  if (blurMs < BLURRED_MS) return ok("workers", text);
  const remedies = ["use a broker nearer to the workers: clocks are compared through it"];
  return { name: "workers", status: "warn", text, remedies };
}

function limitsOf(sessions: readonly SessionRecord[], loopback: boolean): Limit[] {
  const room: Limit = {
    what: "workers",
    connections: sessions.reduce((sum, { info }) => sum + info.capacity, 0),
    basis: "the capacity of all workers on the bus together",
    remedies: ["onrush worker --bus …   # more of them, or with a higher limit of open files"],
  };
  if (loopback) return [room];
  // Workers of one machine share its ports.
  const portsByHost = new Map(sessions.map(({ info }) => [info.host, info.localPorts]));
  const ports: Limit = {
    what: "local ports",
    connections: [...portsByHost.values()].reduce(
      (sum, localPorts) => sum + usablePorts([1, Math.max(2, localPorts)]),
      0,
    ),
    basis: "towards one address and port of a target, from all machines together",
    remedies: [
      'sudo sysctl -w net.ipv4.ip_local_port_range="1024 65535"   # on each machine of a worker',
    ],
  };
  return [room, ports].sort((a, b) => a.connections - b.connections);
}
