/**
 * What a kind of fault does to a connection. Implemented by a file of this folder for each kind, listed in registry.ts, called by
 * faults.ts. What a scenario says of the kind is in shared/scenario/sections/faults, under the same name.
 * Invariant: end() takes back all that begin() did to a connection that is still open.
 */
import type { FaultActOf, FaultKindName } from "../../shared/scenario/strict-fault.ts";
import type { FaultySocket } from "../socket/driver.ts";
import type { Victim } from "./victim.ts";

export interface FaultAction<N extends FaultKindName = FaultKindName> {
  readonly kind: N;
  /**
   * once: it hits those that are open when it begins. lasting: also those that open before it is over, and it acts on a
   * connection until then.
   */
  readonly reach: "once" | "lasting";
  /** Of an open connection. */
  begin(victim: Victim, act: FaultActOf<N>, hands: FaultHands): void;
  /** Of one that is still open when a lasting fault is over. */
  end?(victim: Victim, act: FaultActOf<N>): void;
}

/** What a kind may ask for beside its victim. */
export interface FaultHands {
  /** Keeps a socket that has vanished until the window is over, and then destroys it. */
  keepOpen(socket: FaultySocket): void;
}
