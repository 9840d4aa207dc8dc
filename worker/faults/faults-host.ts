/** What the faults of an engine need of it. Implemented in worker/engine. */
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import type { Recorder } from "../record/recorder.ts";
import type { HandshakeHost } from "./extra-handshakes.ts";
import type { TrafficHost } from "./extra-traffic.ts";
import type { Victim } from "./victim.ts";

export interface FaultsHost<V extends Victim> extends TrafficHost, HandshakeHost {
  readonly scenario: StrictScenario;
  readonly recorder: Recorder;
  /** By slot. */
  readonly live: readonly (V | null)[];
  /** Of the worker; null: it has none. */
  readonly worker: string | null;
  /** Run time, of this turn. */
  nowUs(): number;
  /** The connection waits for no answer to what it sent before. */
  isClear(victim: V, sinceUs: number): boolean;
  /** What the connection waits for is counted apart from now on. */
  shiftPending(victim: V, by: number): void;
}
