/** What a worker says of itself when it opens a session, and with each renewal. Direction: worker -> coordinator. */
import * as z from "zod";
import { count, MAX_LISTED, micros, problemText, sliceNumber, text } from "./fields.ts";
import { type CounterLists, counterListsSchema } from "./frame/counter-lists.ts";

export interface WorkerInfo {
  /** Stable for the life of the process; shown to people. */
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  readonly node: string;
  readonly engines: number;
  /** Connections this worker can hold. */
  readonly capacity: number;
  readonly cpuModel: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly openFilesLimit: number;
  /** Local ports the machine gives to connections towards one address. */
  readonly localPorts: number;
  readonly physicalCores: number;
  /** Operating system, kernel, and whether the machine is virtual; one line. */
  readonly system: string;
  /** Milliseconds of silence of the bus after which the worker stops its load by itself. */
  readonly fenceAfterMs: number;
  /** Version of the wire messages it speaks. */
  readonly wire: number;
  /** The dictionary of its frames; absent from workers whose frames name none. */
  readonly counters?: CounterLists | undefined;
  /** It does to itself what faults of a scenario ask of workers; absent: it does not. */
  readonly allowFaults?: boolean | undefined;
}

export const workerInfoSchema: z.ZodType<WorkerInfo> = z.object({
  id: text,
  host: text,
  pid: count,
  version: text,
  node: text,
  engines: count,
  capacity: count,
  cpuModel: text,
  cpus: count,
  memoryBytes: count,
  openFilesLimit: count,
  localPorts: count,
  physicalCores: count,
  system: text,
  fenceAfterMs: count,
  wire: count,
  counters: counterListsSchema.optional(),
  allowFaults: z.boolean().optional(),
});

const WORKER_STATES = [
  "idle",
  "preparing",
  "ready",
  "running",
  "draining",
  "finished",
  "failed",
] as const;

/** Of the run a worker serves. */
export interface RunStatus {
  readonly slicesHeld: number;
  /** Slices whose engines are prepared (plan compiled, threads up) and wait for the start. */
  readonly slicesReady: number;
  readonly connectionsOpen: number;
  readonly state: (typeof WORKER_STATES)[number];
  /** Why, when the state is failed. */
  readonly problem: string;
  /** Highest frame seq this incarnation will write for the run; -1 until finished. */
  readonly lastSeq: number;
  /** Microseconds between the start of run time and the first engine turn of it, the slowest engine's; null before. */
  readonly startSkewUs: number | null;
  /** Hand-overs it has done (RunDocument.handOvers), until the document does not name them any more. */
  readonly handedOver: readonly HandedOver[];
  /** Orders (RunDocument.orders) that it has begun to carry out; absent: none. */
  readonly obeyed?: readonly number[] | undefined;
}

export interface WorkerStatus extends RunStatus {
  /** Bus clock minus this host's monotonic clock, microseconds, with its error bound (half the best RTT). */
  readonly clockOffsetUs: number;
  readonly clockErrorUs: number;
  /** It was asked to leave (SIGTERM): give it nothing more, and have it hand over what it holds. */
  readonly leaving: boolean;
  /** The bus' life (generation) in which all that it holds is claimed; null until it is, since the bus has forgotten everything. */
  readonly claimedIn: string | null;
  /** The challenge of the placement document it read last; "" before the first. */
  readonly answers: string;
  /** Records on the bus it has refused since it started, and the last of them in words; "" for none. */
  readonly refused: number;
  readonly refusal: string;
}

export interface HandedOver {
  readonly id: number;
  readonly slice: number;
  /** Sessions planned to open from here on, run time in microseconds, are not its own any more; 0 for scope "all". */
  readonly fromUs: number;
}

export const workerStatusSchema: z.ZodType<WorkerStatus> = z.object({
  slicesHeld: count,
  slicesReady: count,
  connectionsOpen: count,
  state: z.enum(WORKER_STATES),
  problem: problemText,
  clockOffsetUs: micros,
  clockErrorUs: micros,
  lastSeq: z.int().min(-1),
  leaving: z.boolean(),
  claimedIn: text.nullable(),
  startSkewUs: micros.nullable(),
  handedOver: z.array(z.object({ id: count, slice: sliceNumber, fromUs: micros })).max(MAX_LISTED),
  obeyed: z.array(count).max(MAX_LISTED).optional(),
  answers: text,
  refused: count,
  refusal: problemText,
});
