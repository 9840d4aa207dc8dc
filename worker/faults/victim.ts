/**
 * A connection as faults see it: what they ask of it, and what they keep of one they have touched. Implemented by the connection.
 * Invariant: `touch` is null, and `shift` 0, for every connection that no fault has anything to do with.
 */
import type { FaultWindow } from "../../shared/scenario/fault-windows.ts";
import type { Conversation } from "../message/conversation.ts";
import type { Served } from "../record/uptime-rows.ts";
import type { DriverSocket } from "../socket/driver.ts";

export interface Victim extends Conversation, Served {
  readonly socket: DriverSocket | null;
  /** It is open, and nobody has begun to close it. */
  readonly isHittable: boolean;
  /** Added to the phases under which is counted what happens to it: what faults are to blame for is counted apart. */
  shift: number;
  touch: Touch | null;
  /** It is over by a fault, which has done with its socket what it wanted; it may connect again. */
  cutByFault(signature: string): void;
  /** It closes by a fault, with this code; it may connect again. */
  closeByFault(code: number, signature: string): void;
}

export interface Touch {
  /** Windows that act on it. */
  readonly acting: ActiveWindow[];
  /** The window because of which it is away; null while it is open. */
  awayBy: FaultWindow | null;
  /** It moves to another worker. */
  moves: boolean;
}

/** A window that has begun, and some of whose victims are not as they were yet. */
export interface ActiveWindow {
  readonly window: FaultWindow;
  /** Connections it acts on, also those that are away meanwhile. */
  readonly hit: Set<Victim>;
  /** It acts no more. */
  readonly isLifted: boolean;
}
