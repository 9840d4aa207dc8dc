/** The key of clusters in tests, and how a side of a bus signs with it. */
import type { SigningOptions } from "../../shared/bus/signed/signed-bus.ts";
import { systemClock } from "../../shared/time/clock.ts";
import { type ClusterKeys, readClusterKeys } from "../../shared/trust/cluster-key.ts";

export const CLUSTER_KEY = "a-key-for-the-clusters-of-tests-0123456789";
export const OTHER_KEY = "the-key-of-somebody-else-0123456789-abcdef";

export const TEST_KEYS: ClusterKeys = readClusterKeys(CLUSTER_KEY);

export function signingWith(key: string = CLUSTER_KEY): SigningOptions {
  return { keys: readClusterKeys(key), clock: systemClock, log: null };
}
