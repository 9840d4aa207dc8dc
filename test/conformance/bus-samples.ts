/** What a worker says of itself, and tickets, for tests of the bus. */

import { WIRE_VERSION } from "../../shared/wire/plan.ts";
import { wholeShard } from "../../shared/wire/slice.ts";
import type { Ticket } from "../../shared/wire/ticket.ts";
import type { WorkerInfo, WorkerStatus } from "../../shared/wire/worker-info.ts";

export const WORKER_INFO: WorkerInfo = {
  id: "worker-1",
  host: "host-1",
  pid: 4711,
  version: "0.1.0",
  node: "v20.20.2",
  engines: 2,
  capacity: 5000,
  cpuModel: "cpu",
  cpus: 4,
  memoryBytes: 8_000_000_000,
  openFilesLimit: 20_000,
  localPorts: 28_232,
  physicalCores: 2,
  system: "test",
  fenceAfterMs: 20_000,
  wire: WIRE_VERSION,
};

export const WORKER_STATUS: WorkerStatus = {
  slicesHeld: 3,
  slicesReady: 2,
  connectionsOpen: 17,
  state: "preparing",
  problem: "",
  clockOffsetUs: -1234.5,
  clockErrorUs: 12.25,
  lastSeq: -1,
  leaving: false,
  claimedIn: "a life",
  startSkewUs: null,
  handedOver: [],
  answers: "",
  refused: 0,
  refusal: "",
};

/** The ticket of a whole shard. */
export function ticketOf(run: string, shard: number, offer = 0): Ticket {
  return { run, slice: wholeShard(shard), offer };
}
