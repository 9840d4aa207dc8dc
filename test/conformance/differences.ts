/**
 * Where the two drivers may differ: per case and driver what that driver shows instead of the expected, and
 * why. The suite fails when an entry is stale, that is when the driver shows the expected after all.
 */
import type { Driver } from "../../worker/connection/driver.ts";

export interface Difference {
  readonly driver: Driver["name"];
  readonly case: string;
  readonly reason: string;
  readonly sees?: readonly string[];
  readonly wire?: readonly string[];
}

export const differences: readonly Difference[] = [];
