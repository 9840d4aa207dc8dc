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

/** Pings behind what faults have sent are at least so long, longer than others: their pongs are told by their length. */
export const FENCE_BYTES = 16;

/** What faults keep of a connection they have touched. */
export interface Touch {
  /** Windows that act on it. */
  readonly acting: ActiveWindow[];
  /** The window because of which it is away; null while it is open. */
  awayBy: FaultWindow | null;
  /** It moves to another worker. */
  moves: boolean;
  /** It connects again within this time of having been cut, whatever its policy; null: by its policy. */
  returnWithinUs: number | null;
  /** Windows that silence it. */
  readonly silencedBy: FaultWindow[];
  /** Messages that faults have sent on its socket, as its own are numbered. */
  extras: number;
  /** What it had captured before its first attempt since; null: it has made none. */
  capturedBefore: readonly unknown[] | null;
  /** Length of the pong it waits for before it is as before; 0: of none. */
  fence: number;
}

export function untouched(): Touch {
  return {
    ...{ acting: [], awayBy: null, moves: false },
    ...{ returnWithinUs: null, silencedBy: [], extras: 0, fence: 0 },
    capturedBefore: null,
  };
}

/** Nothing that its scenario plans is sent on it. */
export function isSilent({ touch }: Pick<Victim, "touch">): boolean {
  return touch !== null && touch.silencedBy.length > 0;
}

/** A window that has begun, and some of whose victims are not as they were yet. */
export interface ActiveWindow {
  readonly window: FaultWindow;
  /** Whom it is to hit. */
  readonly victims: { readonly count: number };
  /** Connections it acts on, also those that are away meanwhile. */
  readonly hit: ReadonlySet<Victim>;
  /** When it is over, run time: as planned, or before. */
  readonly untilUs: number;
  /** It acts no more. */
  readonly isLifted: boolean;
  /** It has asked something of this one, and nobody has told what the target did; from now on somebody has. */
  takesOutcome(victim: Victim): boolean;
  /** It follows this one no longer. */
  forget(victim: Victim): void;
}
