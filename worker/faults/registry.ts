/** What each kind of fault does: a new one is a file and a line here. Called by faults.ts. */
import type { FaultKindName } from "../../shared/scenario/strict-fault.ts";
import type { FaultAction } from "./action.ts";
import { disconnect } from "./disconnect.ts";
import { refusePong } from "./refuse-pong.ts";
import { stopReading } from "./stop-reading.ts";

export const ACTIONS: { readonly [N in FaultKindName]: FaultAction<N> } = {
  disconnect,
  "stop-reading": stopReading,
  "refuse-pong": refusePong,
};
