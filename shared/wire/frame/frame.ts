/**
 * A frame: what one engine measured in one second of run time (or 2, 4, 8 under back-pressure), cut at
 * second boundaries and at every hand-over. Direction: worker -> coordinator. Its identity is
 * (run, worker epoch, seq), kept outside the body by the frame log; merging is a set union of
 * identities over sums, so order, duplicates and replays change nothing.
 * A frame only ever gains: sections are added behind the last one, and what its positions mean is said by the dictionary it
 * names (counter-lists.ts), so that frames of every version stay readable. The codec is in frame-codec.ts.
 */
import type { CodedKind } from "../../stats/failure-code.ts";
import type { CloseCause, FailureKind } from "../../stats/failure-kind.ts";
import type { ControlSample, FailureEvent } from "./failure-event.ts";
import type { SentinelRows } from "./sentinel-rows.ts";

/** Identity of a frame in the log. */
export interface FrameId {
  readonly run: string;
  readonly epoch: number;
  readonly seq: number;
}

/** Counters in the order of this build's list; one that the frame's build did not record is undefined, or past the end. */
export type Counts = readonly (number | undefined)[];

export interface Frame {
  /** Engine within the worker incarnation. */
  readonly engine: number;
  /** First second of run time covered; -1 for what happened before the start. */
  readonly second: number;
  readonly spanSeconds: number;
  /** The engine's last frame of this run. */
  readonly final: boolean;
  /** Per shard, the fields of SHARD_FIELDS. */
  readonly shards: readonly ShardLedger[];
  /** Per phase with any activity, the counters of PHASE_COUNTERS in order. */
  readonly phases: readonly { readonly phase: number; readonly counters: Counts }[];
  /** Per (phase, message) with any activity, the counters of NAME_COUNTERS in order. */
  readonly names: readonly {
    readonly phase: number;
    readonly name: number;
    readonly counters: Counts;
  }[];
  /** HDR V2 (compressed) per metric, phase and message name; name -1 where the metric has none. */
  readonly histograms: readonly FrameHistogram[];
  /** Histograms of metrics that only the frame's build knows: nothing but their number of values counts. Absent: none. */
  readonly unknownHistograms?: readonly Uint8Array[];
  /** Per 100 ms from the frame's first second on, one row per TICK_SERIES entry, spanSeconds*10 long, or empty: not recorded. */
  readonly ticks: readonly (readonly number[])[];
  readonly failures: readonly FailureGroup[];
  readonly closes: readonly { readonly cause: CloseCause; readonly count: number }[];
  readonly health: EngineHealth;
  /** On every tenth frame and the final one: sums over all frames of this engine so far, this one included. */
  readonly cumulative: CumulativeTotals | null;
  /** Per (phase, target) with any activity, the counters of TARGET_COUNTERS in order; in runs of several targets. */
  readonly targets: readonly {
    readonly phase: number;
    readonly target: number;
    readonly counters: Counts;
  }[];
  /** Per (phase, role) with any activity, the counters of ROLE_COUNTERS in order; in runs of several roles. */
  readonly roles: readonly {
    readonly phase: number;
    readonly role: number;
    readonly counters: Counts;
  }[];
  /** What connections agreed on when they opened, "" for none; texts as harmless and as short as signatures. */
  readonly agreed: readonly {
    readonly protocol: string;
    readonly extensions: string;
    readonly count: number;
  }[];
  /** Exact counts of HTTP statuses and close codes of failures, whatever text came with them. */
  readonly codes: readonly {
    readonly kind: CodedKind;
    readonly code: number;
    readonly count: number;
  }[];
  /** Scopes of pushed messages with any activity, at most one row for each name and scope. */
  readonly scopes: readonly FrameScope[];
  /** Pushed messages whose receivers this engine has counted to the end; for those that have a key. */
  readonly reaches: readonly FrameReach[];
  /** Single failures, a sample. */
  readonly events: readonly FailureEvent[];
  /** Healthy connections, a sample: what the failures are held against. */
  readonly controls: readonly ControlSample[];
  /** KERNEL_FIELDS of the machine, of one engine of each worker; absent: not known. */
  readonly kernel?: Counts;
  /** What one engine of each worker saw of the targets beside the load; absent: nothing. */
  readonly sentinel?: SentinelRows;
}

/** What came in a scope of `listen`, such as a room. */
export interface FrameScope {
  /** Position in namesOf. */
  readonly name: number;
  /** Hash of what the scope is called, 53 bits. */
  readonly scope: number;
  /** As harmless and as short as a signature; "" when an earlier row of this engine said it. */
  readonly label: string;
  readonly received: number;
  /** Copies that came after their message had been counted to the end. */
  readonly late: number;
  /** Connections of this engine that belong to it, at the frame's end; 0 where it is not known. */
  readonly members: number;
}

/** What one engine knows of one pushed message. members = reached + left + missed. */
export interface FrameReach {
  readonly name: number;
  /** In which this engine first saw it. */
  readonly phase: number;
  readonly scope: number;
  /** Hash of its key within the scope, 53 bits. */
  readonly key: number;
  /** Run time at which it was sent, as far as this engine can tell. */
  readonly sentUs: number;
  /** Messages are counted of which the key is a multiple of 2 to this power; 0: all. */
  readonly level: number;
  /** Connections that belonged to the scope when it was sent. */
  readonly members: number;
  readonly reached: number;
  /** Closed before it came. */
  readonly left: number;
  readonly missed: number;
  /** Receivers that did not belong to the scope when it was sent. */
  readonly others: number;
  /** Copies beyond a connection's first. */
  readonly repeated: number;
  /** Rising: when each receiver got it, or as many as stand for equal shares of them; microseconds since it was sent. */
  readonly timesUs: readonly number[];
  /** Global indices of some that were missed. */
  readonly unreached: readonly number[];
}

export interface ShardLedger {
  readonly shard: number;
  readonly counters: Counts;
}

export interface FrameHistogram {
  /** Index into METRICS. */
  readonly metric: number;
  readonly phase: number;
  readonly name: number;
  readonly bytes: Uint8Array;
}

/** Exact count of failures that look alike in this frame, with at most one sample. */
export interface FailureGroup {
  readonly kind: FailureKind;
  /** e.g. "503", "4001 kicked", "ECONNRESET"; control characters already escaped, at most 120 characters. */
  readonly signature: string;
  readonly phase: number;
  readonly target: number;
  readonly count: number;
  readonly sample: FailureSample | null;
}

export interface FailureSample {
  readonly connection: number;
  readonly attempt: number;
  /** Microseconds of run time. */
  readonly atUs: number;
  /** Since the connection was established; 0 before. */
  readonly ageUs: number;
  readonly detail: string;
}

export interface EngineHealth {
  /** Share of wall time the engine thread was busy, 0..1 (event loop utilisation). */
  readonly utilisation: number;
  /** CPU time of the whole worker process in this frame over its wall time; may exceed 1. */
  readonly processCpu: number;
  readonly rssBytes: number;
  readonly heapUsedBytes: number;
  readonly heapLimitBytes: number;
  readonly sockets: number;
  /** Files the worker process has open, sockets included; 0 where the system does not tell cheaply. */
  readonly openFiles: number;
  /** Local ports in use towards one target address at the busiest source address. */
  readonly ports: number;
  /** Always 0: asking every socket each second would cost all of them. It stays because frames only gain; a failure's moment has its own. */
  readonly bufferedBytes: number;
  readonly gcCount: number;
  /** Longest turn delay in this frame. */
  readonly loopLagMaxUs: number;
  /** Share of this frame's time in which a control group's CPU quota had stopped the worker, 0..1. */
  readonly throttled: number;
  /** Share of this frame's time in which the engine's thread could have run and had no processor, 0..1; 0 where the system does not tell. */
  readonly processorWait: number;
}

/** Their order in frames. */
export const HEALTH_FIELDS = [
  "utilisation",
  "processCpu",
  "rssBytes",
  "heapUsedBytes",
  "heapLimitBytes",
  "sockets",
  "openFiles",
  "ports",
  "bufferedBytes",
  "gcCount",
  "loopLagMaxUs",
  "throttled",
  "processorWait",
] as const satisfies readonly (keyof EngineHealth)[];

/** Sums of PHASE_COUNTERS over all phases, and the number of values in all histograms. */
export interface CumulativeTotals {
  readonly counters: Counts;
  readonly histogramValues: number;
}
