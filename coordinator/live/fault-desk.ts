/**
 * How faults are asked for, ended and listed while a run goes on: the contract between a run (active-run/live-faults.ts) and the HTTP
 * API. Invariant: what is answered is on disk; workers follow it at the moment it names.
 */
import type { Issue } from "../../shared/scenario/issue.ts";

/** SHA-256, hex: of who asked and the key they gave, and of what they asked for with it. */
export interface FaultRequest {
  readonly key: string;
  readonly content: string;
}

export interface FaultDesk {
  /**
   * @param text the fault, YAML or JSON
   * @param request the same for every repetition of one; null: each is one of its own
   * @throws OnrushError ONRUSH_RUN_DIRECTORY; ONRUSH_COORDINATOR_TAKEN
   */
  ask(text: string, request: FaultRequest | null): Promise<AskedFault>;
  /** Ends a fault by its name, as soon as everybody can know of it. @throws as ask() */
  end(name: string): Promise<EndedFault>;
  /** All of the run, those of the scenario first. */
  list(): readonly ListedFault[];
}

export type AskedFault =
  | { readonly kind: "asked"; readonly fault: ListedFault }
  | { readonly kind: "invalid"; readonly issues: readonly Issue[] }
  /** Its key came with another content before. */
  | { readonly kind: "key-reused" }
  /** The run is over, or is about to be. */
  | { readonly kind: "late" };

export type EndedFault =
  | { readonly kind: "ended"; readonly fault: ListedFault }
  | { readonly kind: "unknown" }
  /** It is done outside of the load: by itself it is over, and nobody can end it before. */
  | { readonly kind: "by-itself" }
  /** It is over, or ended already. */
  | { readonly kind: "late" };

export interface ListedFault {
  /** Its name. */
  readonly id: string;
  /** Of the registry of kinds. */
  readonly kind: string;
  /** It was asked for while the run went on. */
  readonly live: boolean;
  /** Each time it begins; seconds of run time. */
  readonly windows: readonly {
    readonly id: string;
    readonly from: number;
    readonly to: number;
    /** cancelled: it was ended before it began. failed: it was not done, or nobody knows; `outcome` says why. */
    readonly state: "planned" | "acting" | "over" | "cancelled" | "failed";
    /** Connections it was to hit by plan; null: it has not begun, or that depends on who holds them, or it hits none. */
    readonly victims: number | null;
    /** Connections it has hit, as far as workers have reported; null: it hits none. */
    readonly hit: number | null;
    /** Workers that were asked to do it to themselves; null: none were, yet. */
    readonly workers: number | null;
    /** What came of it, 300 characters at most; null: it is not over, or it is told in connections. */
    readonly outcome: string | null;
  }[];
}
