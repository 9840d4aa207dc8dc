/**
 * Reads the values of a call that came over the channel: the door between another process and the store.
 * Called by ipc-server.ts. Invariant: what it returns has the shape and bounds it says; anything else throws
 * OnrushError ONRUSH_WORKER_FAILED, naming the call and the value.
 */
import { OnrushError } from "../../errors.ts";
import { HINT_TOPICS, type HintTopic } from "../../wire/command.ts";
import type { FrameId } from "../../wire/frame.ts";
import type { HandedOver, WorkerInfo, WorkerStatus } from "../../wire/worker-info.ts";

const MAX_TEXT = 512;
const MAX_PROBLEM = 4096;
export const MAX_WAIT_MS = 60_000;
const MAX_LANE = 65_535;
const MAX_HANDED_OVER = 16_384;

const WORKER_STATES = [
  "idle",
  "preparing",
  "ready",
  "running",
  "draining",
  "finished",
  "failed",
] as const satisfies readonly WorkerStatus["state"][];

export class CallValues {
  readonly #call: string;
  readonly #values: readonly unknown[];

  constructor(call: string, values: readonly unknown[]) {
    this.#call = call;
    this.#values = values;
  }

  text(index: number): string {
    return this.#text(this.#values[index], `value ${index}`, MAX_TEXT);
  }

  count(index: number, max = Number.MAX_SAFE_INTEGER): number {
    return this.#integer(this.#values[index], `value ${index}`, 0, max);
  }

  epoch(index: number): number {
    return this.#integer(this.#values[index], `value ${index}`, 1, Number.MAX_SAFE_INTEGER);
  }

  lane(index: number): number {
    return this.count(index, MAX_LANE);
  }

  topic(index: number): HintTopic {
    const value = this.#values[index];
    const topic = HINT_TOPICS.find((known) => known === value);
    return topic ?? this.#refuse(`value ${index} is not a hint topic`);
  }

  bytes(index: number): Uint8Array {
    const value = this.#values[index];
    return value instanceof Uint8Array ? value : this.#refuse(`value ${index} is not bytes`);
  }

  frameId(index: number): FrameId {
    const id = this.#record<keyof FrameId>(this.#values[index], `value ${index}`);
    const most = Number.MAX_SAFE_INTEGER;
    return {
      run: this.#text(id.run, "run", MAX_TEXT),
      epoch: this.#integer(id.epoch, "epoch", 1, most),
      seq: this.#integer(id.seq, "seq", 0, most),
    };
  }

  workerInfo(index: number): WorkerInfo {
    const info = this.#record<keyof WorkerInfo>(this.#values[index], `value ${index}`);
    const text = (key: keyof WorkerInfo) => this.#text(info[key], key, MAX_TEXT);
    const count = (key: keyof WorkerInfo) =>
      this.#integer(info[key], key, 0, Number.MAX_SAFE_INTEGER);
    return {
      id: text("id"),
      host: text("host"),
      pid: count("pid"),
      version: text("version"),
      node: text("node"),
      engines: count("engines"),
      capacity: count("capacity"),
      cpuModel: text("cpuModel"),
      cpus: count("cpus"),
      memoryBytes: count("memoryBytes"),
      openFilesLimit: count("openFilesLimit"),
      localPorts: count("localPorts"),
      physicalCores: count("physicalCores"),
      system: text("system"),
      fenceAfterMs: count("fenceAfterMs"),
      wire: count("wire"),
    };
  }

  workerStatus(index: number): WorkerStatus {
    const status = this.#record<keyof WorkerStatus>(this.#values[index], `value ${index}`);
    const most = Number.MAX_SAFE_INTEGER;
    const count = (key: keyof WorkerStatus) => this.#integer(status[key], key, 0, most);
    const state = WORKER_STATES.find((known) => known === status.state);
    return {
      lanesHeld: count("lanesHeld"),
      lanesReady: count("lanesReady"),
      connectionsOpen: count("connectionsOpen"),
      state: state ?? this.#refuse("state is not a worker state"),
      problem: this.#text(status.problem, "problem", MAX_PROBLEM),
      clockOffsetUs: this.#number(status.clockOffsetUs, "clockOffsetUs"),
      clockErrorUs: this.#number(status.clockErrorUs, "clockErrorUs"),
      lastSeq: this.#integer(status.lastSeq, "lastSeq", -1, most),
      leaving: status.leaving === true,
      claimedIn:
        status.claimedIn === null ? null : this.#text(status.claimedIn, "claimedIn", MAX_TEXT),
      startSkewUs:
        status.startSkewUs === null ? null : this.#number(status.startSkewUs, "startSkewUs"),
      handedOver: this.#handedOver(status.handedOver),
    };
  }

  #handedOver(value: unknown): HandedOver[] {
    if (!Array.isArray(value) || value.length > MAX_HANDED_OVER) {
      return this.#refuse("handedOver is not a list of hand-overs");
    }
    return value.map((item: unknown) => {
      const { id, lane, fromUs } = this.#record<keyof HandedOver>(item, "handedOver");
      return {
        id: this.#integer(id, "handedOver.id", 0, Number.MAX_SAFE_INTEGER),
        lane: this.#integer(lane, "handedOver.lane", 0, MAX_LANE),
        fromUs: this.#number(fromUs, "handedOver.fromUs"),
      };
    });
  }

  #record<Key extends string>(value: unknown, what: string): Partial<Record<Key, unknown>> {
    if (typeof value !== "object" || value === null) return this.#refuse(`${what} is no object`);
    return value as Partial<Record<Key, unknown>>;
  }

  #text(value: unknown, what: string, maxLength: number): string {
    if (typeof value !== "string") return this.#refuse(`${what} is not text`);
    return value.length <= maxLength
      ? value
      : this.#refuse(`${what} is longer than ${maxLength} characters`);
  }

  #number(value: unknown, what: string): number {
    return typeof value === "number" && Number.isFinite(value)
      ? value
      : this.#refuse(`${what} is not a finite number`);
  }

  #integer(value: unknown, what: string, min: number, max: number): number {
    const number = this.#number(value, what);
    return Number.isSafeInteger(number) && number >= min && number <= max
      ? number
      : this.#refuse(`${what} is not an integer from ${min} to ${max}`);
  }

  #refuse(what: string): never {
    throw new OnrushError({
      code: "ONRUSH_WORKER_FAILED",
      message: `A worker called ${this.#call} wrongly: ${what}.`,
      remedy: "Run coordinator and workers of the same version.",
    });
  }
}
