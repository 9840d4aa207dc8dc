/** What an engine and its sentinel thread say to each other. Times are monotonic microseconds of this host. */
import type { AllowList } from "../../shared/net/target-policy.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import type { SentinelRows } from "../../shared/wire/frame/sentinel-rows.ts";

/** What the thread knows from its start. */
export interface SentinelData {
  readonly scenario: StrictScenario;
  /** Who may be connected to: each of them has to allow it. */
  readonly lists: readonly AllowList[];
}

/** Engine -> sentinel: probe the targets, or read the pages, from this time on; or read no more pages. */
export type SentinelCommand =
  | { readonly type: "probe" | "read"; readonly fromUs: number }
  | { readonly type: "stopReading" };

/** Sentinel -> engine: one row as it is seen, or why there is none. */
export type Seen =
  | { readonly probe: SentinelRows["probes"][number] }
  | { readonly reading: SentinelRows["readings"][number] }
  | { readonly problem: string };
