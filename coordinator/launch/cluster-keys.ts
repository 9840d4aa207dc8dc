/** The keys of a cluster for a coordinator, with a warning where there are none. Called by launch.ts and serve.ts. */
import type { Log } from "../../shared/log.ts";
import {
  type ClusterKeys,
  findClusterKeys,
  INSECURE_WARNING,
  type KeySource,
} from "../../shared/trust/cluster-key.ts";

/** @throws OnrushError ONRUSH_USAGE when there is no key, or none that can be used */
export function keysOf(source: KeySource, log: Log): ClusterKeys {
  const keys = findClusterKeys(source);
  if (source.key === null && source.file === null) log.warn(INSECURE_WARNING);
  return keys;
}
