/**
 * The strict scenario: what every part of Onrush works with after a scenario file was parsed,
 * checked and normalised. Nothing is optional, every unit is fixed (microseconds, per second, bytes),
 * all defaults are filled in, and nobody re-checks. It is plain data: it crosses processes as it is.
 */

import type { Ramped } from "./fault-ramp.ts";
import type { OutputKind } from "./output.ts";
import type { StrictCheckpoint, StrictCleanup, StrictEnvironment } from "./strict-beside.ts";
import type { StrictConnect } from "./strict-connect.ts";
import type {
  StrictAnswer,
  StrictFlow,
  StrictHooks,
  StrictIncoming,
  StrictIsolation,
  StrictListen,
  StrictOrder,
  StrictRole,
} from "./strict-conversation.ts";
import type { StrictFault } from "./strict-fault.ts";
import type { StrictMessages } from "./strict-message.ts";
import type { StrictObserve } from "./strict-observe.ts";
import type { StrictOutside } from "./strict-outside.ts";

export type { StrictConnect, StrictReconnect, StrictTls } from "./strict-connect.ts";
export type { StrictMessage, StrictMessages, StrictReply, StrictSend } from "./strict-message.ts";

export interface StrictScenario {
  readonly version: 1;
  readonly name: string;
  /** Unsigned 32-bit. Every random choice of the run derives from it. */
  readonly seed: number;
  readonly vars: Readonly<Record<string, string | number | boolean>>;
  /** Values of the environment variables the file refers to as env.X. */
  readonly env: Readonly<Record<string, string>>;
  /** Values that must never reach disk, logs or reports. */
  readonly secrets: readonly string[];
  readonly data: Readonly<Record<string, StrictDataTable>>;
  /** Names of all captures, secret ones marked: what conn.NAME may be beside index, id and attempt. */
  readonly captures: readonly { readonly name: string; readonly secret: boolean }[];
  readonly targets: readonly StrictTarget[];
  readonly connect: StrictConnect;
  readonly phases: readonly StrictPhase[];
  /** null: connections are held and nothing is sent. */
  readonly messages: StrictMessages | null;
  readonly incoming: StrictIncoming;
  readonly flow: StrictFlow | null;
  readonly listen: readonly StrictListen[];
  readonly answers: readonly StrictAnswer[];
  /** null: there are none. */
  readonly hooks: StrictHooks | null;
  /** Empty: all connections are alike, as the parts above say. Use rolesOf (names.ts). */
  readonly roles: readonly StrictRole[];
  readonly integrity: {
    readonly stamp: boolean;
    readonly order: StrictOrder | null;
    readonly isolation: StrictIsolation;
  };
  readonly faults: readonly StrictFault[];
  /** Absent: the usual; use availabilityIn (defaults.ts). */
  readonly availability?: StrictAvailability;
  /** Faults that are done outside of the load. */
  readonly outside: readonly StrictOutside[];
  /** Absent: nothing but the load is looked at. */
  readonly observe?: StrictObserve;
  /** What the coordinator does beside the load; each absent: nothing of the kind. */
  readonly checkpoints?: readonly StrictCheckpoint[];
  readonly environment?: StrictEnvironment;
  readonly cleanup?: readonly StrictCleanup[];
  readonly thresholds: readonly StrictThreshold[];
  readonly outputs: readonly StrictOutput[];
}

export interface StrictTarget {
  /** ws:// or wss:// URL; may hold {{…}} placeholders in its path and query, whose values are percent-encoded. */
  readonly url: string;
  readonly weight: number;
  readonly label: string;
}

export interface StrictDataTable {
  /** Those that something reads; all where that cannot be told. */
  readonly columns: readonly string[];
  /** Rows that the file has. */
  readonly count: number;
  /** Characters of the longest value of each column, of the rows that are kept. */
  readonly longest: readonly number[];
  readonly rows: DataRows;
  /**
   * unique and sequential: connection i has row i (sequential wraps); random: seeded by i; shuffled: in a seeded order that is
   * another each time all rows were used.
   */
  readonly pick: "unique" | "sequential" | "random" | "shuffled";
}

/** Rows of a table: all that connections have, at least. Values are by the columns of the table, row after row. */
export type DataRows =
  /** UTF-8, and where each value ends; `numbers` are those of the rows in the file, rising; null: from the first on. */
  | {
      readonly kind: "packed";
      readonly numbers: Uint32Array | null;
      readonly bytes: Uint8Array;
      readonly ends: Uint32Array;
    }
  /** From the first row on. */
  | { readonly kind: "listed"; readonly values: readonly string[] }
  /** They come to a worker with the slices of its connections (shared/wire/row-part.ts). */
  | { readonly kind: "byShard" };

/** One stretch of load. `durationUs` is what it takes of the run; phases follow one another. */
export type StrictPhase = StrictPhaseBase & StrictRamp;

interface StrictPhaseBase {
  readonly phase: string;
  /** Excluded from the run-wide figures and thresholds (warm-up). */
  readonly exclude: boolean;
  readonly durationUs: number;
  /** Factor on the message rate during this phase. */
  readonly messageFactor: number;
}

/** Concurrency over the phase; it starts where the phase before ended (0 at the start). */
export type StrictRamp =
  | { readonly ramp: "linear"; readonly to: number }
  | { readonly ramp: "exponential"; readonly to: number }
  | { readonly ramp: "step"; readonly to: number; readonly steps: number }
  | { readonly ramp: "burst"; readonly to: number }
  | { readonly ramp: "points"; readonly points: readonly (readonly [atUs: number, to: number])[] }
  | { readonly ramp: "hold" }
  | {
      /** Open model: connections arrive at a rate and stay for a time, beside the held ones. */
      readonly ramp: "arrivals";
      readonly arrivalsPerSec: Ramped;
      readonly arrival: "uniform" | "poisson";
      readonly stay: { readonly kind: "fixed" | "exp"; readonly meanUs: number };
    }
  | StrictSearch;

/** Looks for the most the target bears: goes up until a rule breaks, then narrows it down. */
export interface StrictSearch {
  readonly ramp: "find-limit";
  /** Connections between the levels of the climb. */
  readonly step: number;
  /** It goes no higher. */
  readonly to: number;
  /** How long a level is held before it is left. */
  readonly settleUs: number;
  /** The limit is to be known to this share of itself. */
  readonly precision: number;
  /** A level is too much when one of these is true of it. */
  readonly until: readonly StrictThreshold[];
  /** Where it goes. In a scenario that was not run: the whole climb, as if nothing broke. */
  readonly levels: readonly SearchLevel[];
}

/** A level of a search: from `atUs` in the phase on, reached evenly over riseUs and then held. */
export interface SearchLevel {
  readonly atUs: number;
  readonly riseUs: number;
  readonly to: number;
}

/** What is judged of the time in which users were served. */
export interface StrictAvailability {
  /** Share of the time in which they are to be; what is left is the error budget. */
  readonly objective: number;
  /** It is an outage when fewer than this are served for lastsUs; two with less than mergeUs between them are one. */
  readonly below: number;
  readonly lastsUs: number;
  readonly mergeUs: number;
}

export interface StrictThreshold {
  /** As written, e.g. `latency{phase=steady}`. */
  readonly metric: string;
  /** As written, e.g. `p99 < 200ms`. */
  readonly rule: string;
  readonly measure: ThresholdMeasure;
  readonly selector: {
    readonly phase: string | null;
    readonly name: string | null;
    /** Label of a target, or its URL where it has none; journals of older versions lack it. */
    readonly target?: string | null;
    /** Of a role; older versions had none. */
    readonly role?: string | null;
    /** An event of a sequence: `EVENT`, or `SEQUENCE/EVENT` where several have it. */
    readonly event?: string | null;
  };
  /** e.g. p99, p99.9, mean, max, failed, lost. */
  readonly statistic: string;
  readonly operator: "<" | "<=" | ">" | ">=" | "==" | "!=";
  /** Microseconds for times, 0..1 for shares, plain for counts, per second for rates. */
  readonly limit: number;
  readonly unit: "us" | "share" | "count" | "perSec";
  readonly abort: boolean;
  /** Not judged for aborting before this much of the run has passed. */
  readonly afterUs: number;
  /** What faults are to blame for counts, too. Absent: it does not. */
  readonly withInjected?: true;
}

export type ThresholdMeasure =
  | "latency"
  | "service"
  | "connect"
  | "connections"
  | "delivery"
  | "messages"
  | "sequence"
  | "ping"
  | "push"
  | "sendLag"
  | "availability";

export type StrictOutput = FileOutput | ScrapeOutput | PushOutput;

export interface FileOutput {
  readonly kind: OutputKind;
  /** null: the default place inside the run directory. */
  readonly to: string | null;
}

/** Prometheus may scrape the run while it goes on. */
export interface ScrapeOutput {
  readonly kind: "prometheus";
  /** HOST:PORT to listen on; see output.ts. */
  readonly to: string;
}

/** Metrics are pushed to a collector while the run goes on. */
export interface PushOutput {
  readonly kind: "otlp";
  /** Its URL, whole; see output.ts. */
  readonly to: string;
}
