/**
 * What the failures of a run are shown as: the stage each kind belongs to, and which of them are held
 * against the target. Pure tables over the closed taxonomy.
 */
import {
  CONNECT_FAILURES,
  FAILURE_KINDS,
  type FailureKind,
  failureCause,
  GENERATOR_FAILURES,
} from "../../shared/stats/failure-kind.ts";
import type { RunMerge } from "../merge/merge.ts";

export type Stage =
  | "dns"
  | "tcp"
  | "tls"
  | "upgrade"
  | "protocol"
  | "close"
  | "timeout"
  | "integrity"
  | "generator";

/** Where in a connection's life a failure of this kind belongs. */
export function stageOf(kind: FailureKind): Stage {
  switch (kind) {
    case "dns":
    case "protocol":
      return kind;
    case "close-code":
    case "abnormal-close":
    case "close-timeout":
      return "close";
    case "heartbeat-timeout":
    case "reply-timeout":
    case "late":
      return "timeout";
    case "lost":
    case "duplicated":
    case "reordered":
    case "corrupt":
    case "leaked":
      return "integrity";
    case "tcp-refused":
    case "tcp-timeout":
    case "tcp-reset":
    case "tcp-unreachable":
      return "tcp";
    case "tls-certificate":
    case "tls-handshake":
    case "tls-timeout":
      return "tls";
    case "upgrade-status":
    case "upgrade-invalid":
    case "upgrade-timeout":
    case "upgrade-reset":
      return "upgrade";
    case "generator-ports":
    case "generator-fds":
    case "generator-memory":
    case "generator-stopped":
    case "scenario-value":
    case "message-limit":
    case "memory-limit":
      return "generator";
  }
}

/** Failed attempts that are not the target's: out of ports, not to be sent, or cut off by the end of the run. */
export function generatorFailures(merge: RunMerge, phases: ReadonlySet<number>): number {
  let count = 0;
  for (const kind of CONNECT_FAILURES) {
    if (failureCause(kind) === "target") continue;
    for (const phase of phases) count += merge.failures.inPhase(phase, kind);
  }
  return count;
}

/** What failed on our side, by kind; attempts cut off by the end of the run are no fault. */
export function ownFailures(merge: RunMerge): readonly (readonly [FailureKind, number])[] {
  return FAILURE_KINDS.flatMap((kind) => {
    const count = merge.failures.byKind.get(kind) ?? 0;
    // A message larger than the scenario takes is the scenario's wish, and told as such.
    const isOwn = GENERATOR_FAILURES.has(kind) || kind === "scenario-value";
    return isOwn && kind !== "generator-stopped" && count > 0 ? [[kind, count] as const] : [];
  });
}
