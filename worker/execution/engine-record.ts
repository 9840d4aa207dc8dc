/** What the control thread remembers of an engine thread. Used by engine-host.ts. */
import type { HandOver } from "../../shared/wire/command.ts";
import type { SliceWithRows } from "../../shared/wire/row-part.ts";
import type { EngineThread } from "./engine-thread.ts";

export interface Engine {
  readonly index: number;
  readonly thread: EngineThread;
  /** All it holds, by slice id; the last `unsent` of them wait for the next batch. */
  readonly slices: Map<number, SliceWithRows>;
  unsent: number;
  /** Hand-overs it was asked for and has not done. */
  readonly asked: Map<number, HandOver["scope"]>;
  state: "preparing" | "prepared" | "finished" | "dead";
  open: number;
}

/** It may still report something. */
export function isLive({ state }: Engine): boolean {
  return state === "preparing" || state === "prepared";
}
