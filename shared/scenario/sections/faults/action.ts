/**
 * What a kind of fault does to the connections it hits, and what it may ask for to do so. Called by worker/faults, which owns the
 * windows and their victims. Invariant: end() takes back all that begin() did to a connection that is still open.
 */

import type { LinkCondition } from "./link-condition.ts";

export interface FaultAction<Act> {
  /**
   * once: it hits those that are open when it begins. lasting: also those that open before it is over, and it acts on a
   * connection until then.
   */
  readonly reach: "once" | "lasting";
  /** Of an open connection. */
  begin(victim: FaultVictim, act: Act): void;
  /** Of one that is still open when a lasting fault is over. */
  end?(victim: FaultVictim, act: Act): void;
}

/** What a kind does to attempts to connect that begin while it acts, of its victims. */
export interface AttemptAction<Act> {
  readonly reach: "attempts";
  spoil(act: Act): SpoiltAttempt;
}

/** An attempt that fails, by a fault, before it has come to the upgrade. */
export interface SpoiltAttempt {
  /** name: it does not resolve. address: nobody answers there. tls: the client does not accept the certificate. */
  readonly where: "name" | "address" | "tls";
  /** Failures are counted under this. */
  readonly signature: string;
}

/** A connection that a fault hits, as its kind sees it: only valid during the call. Implemented by worker/faults/running-window.ts. */
export interface FaultVictim {
  /** Its transport ends by RST. @param signature what becomes of it is counted under this */
  reset(signature: string): void;
  /** It sends a Close frame with this code, and closes. */
  close(code: number, signature: string): void;
  /** It is over for us without a word, and open for the target until the window is over. */
  vanish(signature: string): void;
  /** It reads nothing from its transport any more, or again. */
  hold(isHeld: boolean): void;
  /** It answers no ping any more, or again. */
  mute(isMuted: boolean): void;
  /** The network between it and its target is like this, until unlink(). At most once for each fault that acts on it. */
  link(condition: LinkCondition): void;
  unlink(): void;
  /** Uniform in [0, 1), for each time a fault begins and each connection one: a function of the seed. */
  draw(): number;
}
