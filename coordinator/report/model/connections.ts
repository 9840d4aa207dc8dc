/**
 * What became of the connections the plan wanted: the funnel from plan to open, the time each step took, why
 * they closed. Pure; called by model.ts. Invariant: each step of the funnel is the one before it less what was
 * lost there, and the last one is what was established.
 */
import {
  CLOSE_MEANINGS,
  CONNECT_FAILURES,
  failureCause,
  type Stage,
  stageOf,
} from "../../../shared/stats/failure-kind.ts";
import { balance } from "../../merge/ledger.ts";
import type { RunFold } from "../../merge/run-fold.ts";
import type { Quantiles, Summary } from "../summary-schema.ts";
import { formatCount } from "../text/format.ts";

export interface FunnelStep {
  readonly step: string;
  /** What the step counts, in a few words. */
  readonly meaning: string;
  readonly count: number;
  /** Lost since the step before, by failure kind or plain words. */
  readonly lost: readonly { readonly what: string; readonly count: number }[];
}

export interface StageTime {
  readonly stage: string;
  readonly meaning: string;
  readonly ms: Quantiles | null;
}

export interface ModelConnections {
  readonly funnel: readonly FunnelStep[];
  readonly stages: readonly StageTime[];
  /** How long connections were open; null when none was closed. */
  readonly lifetime: Quantiles | null;
  readonly closes: readonly {
    readonly cause: string;
    readonly meaning: string;
    readonly count: number;
  }[];
}

export function connectionsModel(fold: RunFold, summary: Summary): ModelConnections {
  const { connectMs, openLagMs, stages, closedByCause } = summary.connections;
  return {
    funnel: funnel(fold, summary),
    stages: [
      { stage: "open lag", meaning: "the generator's own share: started late", ms: openLagMs },
      { stage: "DNS", meaning: "resolving the name, once per engine", ms: stages.dnsMs },
      { stage: "TCP", meaning: "connect to connected", ms: stages.tcpMs },
      { stage: "TLS", meaning: "the handshake", ms: stages.tlsMs },
      { stage: "upgrade", meaning: "request to 101 response", ms: stages.upgradeMs },
      { stage: "in all", meaning: "from the start of the attempt to established", ms: connectMs },
    ],
    lifetime: summary.connections.lifetimeMs,
    closes: Object.entries(closedByCause)
      .map(([cause, count]) => ({ cause, count, meaning: CLOSE_MEANINGS[cause] ?? "" }))
      .sort((a, b) => b.count - a.count),
  };
}

function funnel(fold: RunFold, { connections }: Summary): FunnelStep[] {
  const { planned, attempted, reconnects, failedByKind, established } = connections;
  const excused = Math.min(fold.excusedOpens, Math.max(0, planned + reconnects - attempted));
  const never = planned + reconnects - attempted - excused;
  const lostIn = (stage: Stage) =>
    CONNECT_FAILURES.filter((kind) => stageOf(kind) === stage && failureCause(kind) === "target")
      .map((kind) => ({ what: kind as string, count: failedByKind[kind] ?? 0 }))
      .filter(({ count }) => count > 0);
  const own = CONNECT_FAILURES.filter((kind) => failureCause(kind) !== "target").map((kind) => ({
    what: kind as string,
    count: failedByKind[kind] ?? 0,
  }));
  const inFlight = balance(fold.merge).lostInFlight;
  const steps: [step: string, meaning: string, lost: FunnelStep["lost"]][] = [
    [
      "attempted",
      "opens that were begun",
      [
        { what: "nobody's, as a worker was lost", count: excused },
        { what: "never attempted", count: never },
      ],
    ],
    ["started", "the generator had a port, a descriptor and memory for it", own],
    ["resolved", "the name had an address", lostIn("dns")],
    ["TCP", "the transport connected", lostIn("tcp")],
    ["TLS", "the handshake was done, where there is one", lostIn("tls")],
    ["upgraded", "the target switched to WebSocket", lostIn("upgrade")],
    ["open", "established", [{ what: "in flight when a worker was lost", count: inFlight }]],
  ];
  const wanted = planned + reconnects;
  const plus =
    reconnects > 0
      ? `${formatCount(planned)} by plan, ${formatCount(reconnects)} reconnects`
      : "opens by plan";
  let count = wanted;
  const shown: FunnelStep[] = [{ step: "planned", meaning: plus, count, lost: [] }];
  for (const [step, meaning, lost] of steps) {
    for (const loss of lost) count -= loss.count;
    shown.push({ step, meaning, count, lost: lost.filter((loss) => loss.count !== 0) });
  }
  const unexplained = count - established;
  if (unexplained === 0) return shown;
  // An unbalanced ledger: the difference is shown, not smoothed over.
  const loss = { what: "not accounted for", count: unexplained };
  return [
    ...shown,
    { step: "in the ledger", meaning: "as counted", count: established, lost: [loss] },
  ];
}
