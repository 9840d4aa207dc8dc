/**
 * What the doctor asks of a probe process and what it answers. Direction: coordinator -> worker/probe, one request;
 * back, one report. The coordinator opens no socket to a target itself.
 */
import type { StrictScenario } from "../scenario/strict.ts";
import type { ConnectFailure } from "../stats/failure-kind.ts";

export interface ProbeRequest {
  readonly scenario: StrictScenario;
  /** Hosts other than loopback that may be connected to (host or host:port). */
  readonly allowTargets: readonly string[];
  /** Of the scenario's targets only so many are looked at. */
  readonly maxTargets: number;
}

export interface ProbeReport {
  readonly targets: readonly ProbedTarget[];
}

export interface ProbedTarget {
  readonly label: string;
  /** The IP address its name resolved to; null when it did not. */
  readonly address: string | null;
  /** null when a WebSocket connection came about and was closed by us. */
  readonly problem: ProbeProblem | null;
  /** Subprotocol agreed on, "" for none. */
  readonly protocol: string;
  /** From the start of the attempt to each stage; null for one that was not reached, or that there is not. */
  readonly dnsMs: number | null;
  readonly tcpMs: number | null;
  readonly tlsMs: number | null;
  readonly openMs: number | null;
  /** Shortest round trip of a few pings; null when none was answered. */
  readonly pingMs: number | null;
}

export interface ProbeProblem {
  /** "forbidden": the policy of targets. "closed": it opened, and the target ended it at once. Else a failure kind. */
  readonly kind: "forbidden" | "closed" | ConnectFailure;
  /** In part the target's own words: escape it where it is shown. */
  readonly signature: string;
}
