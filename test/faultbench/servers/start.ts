/**
 * Starts all servers of a run: with their certificates, the paths to them, and the balancer in front of them, as the case says. Called by
 * live-run.ts. Invariant: whatever was started is among what has to be ended, also when the next could not be started.
 */
import { join } from "node:path";
import type { Filled, Trial } from "../case-file.ts";
import type { Ends, Namespace } from "../generator/fault.ts";
import {
  type Certificate,
  certificateOptions,
  makeCertificate,
  writeTrusted,
} from "./certificate.ts";
import { SERVERS, startBalancer, startPath } from "./registry.ts";
import type { RunningServer } from "./server.ts";

/** The authorities that clients are to trust; beside the scenario. */
const TRUSTED = "trusted.pem";

export interface Started {
  /** Each with the path to it, where there is one. */
  readonly servers: readonly {
    readonly server: RunningServer;
    readonly way: RunningServer | null;
  }[];
  /** What clients connect to. */
  readonly urls: readonly string[];
}

interface Place {
  /** Of the run. */
  readonly folder: string;
  readonly ends: Ends;
  /** In which the servers are; null: in that of the benchmark. */
  readonly namespace: Namespace | null;
}

export async function startServers(
  { case: one, server: kind }: Trial,
  filled: Filled,
  { folder, ends, namespace }: Place,
): Promise<Started> {
  const kept = async (starting: Promise<RunningServer>) => {
    const started = await starting;
    ends.push(() => started.stop());
    return started;
  };
  const certificates = certificatesFor(one.backends, filled, folder);
  const backends: RunningServer[] = [];
  for (let at = 0; at < one.backends; at++) {
    const certificate = certificates[at];
    const options = [
      ...one.start,
      ...(certificate === undefined ? [] : certificateOptions(certificate)),
      ...(filled.balancer === null || kind === "target" ? [] : ["--name", `s${at + 1}`]),
    ];
    const backend = await kept(SERVERS[kind].start(options, namespace?.prefix ?? []));
    if (filled.everywhere !== null) await backend.behave(filled.everywhere);
    backends.push(backend);
  }
  if (filled.balancer !== null) {
    const balancer = await kept(startBalancer(backends, { ...filled.balancer }));
    return { servers: backends.map((server) => ({ server, way: null })), urls: [balancer.url] };
  }
  const servers: Started["servers"][number][] = [];
  for (const [at, server] of backends.entries()) {
    const others = one.standIn ? [...backends.slice(at + 1), ...backends.slice(0, at)] : [];
    const way = filled.path === null ? null : await kept(startPath([server, ...others]));
    servers.push({ server, way });
  }
  return { servers, urls: servers.map(({ server, way }) => (way ?? server).url) };
}

/** By server; none without TLS. */
function certificatesFor(count: number, { tls, faulty }: Filled, folder: string): Certificate[] {
  if (tls === null) return [];
  const { rsaBits } = tls;
  const certificates = Array.from({ length: count }, (_, at) =>
    makeCertificate(join(folder, `tls${at + 1}`), {
      rsaBits,
      isExpired: tls.expired && at === faulty,
    }),
  );
  writeTrusted(join(folder, TRUSTED), certificates);
  return certificates;
}
