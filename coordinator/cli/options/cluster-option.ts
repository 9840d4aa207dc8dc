/**
 * Where a program of a cluster finds its bus and its key. Used by `onrush worker` and `onrush coordinator`.
 * Invariant: what was not given is said at once, all of it; the address of the bus may hold a password and is never shown.
 */
import { readFileSync } from "node:fs";
import { Option } from "commander";
import { OnrushError } from "../../../shared/errors.ts";
import { type KeySource, MAKE_KEY } from "../../../shared/trust/cluster-key.ts";
import type { CliConfig } from "../config.ts";
import { keySource } from "./values.ts";

export interface ClusterFlags {
  readonly bus?: string;
  readonly insecureNoKey?: boolean;
}

export interface ClusterAccess {
  readonly url: string;
  readonly key: KeySource;
}

export function busOption(): Option {
  return new Option(
    "--bus <URL>",
    "where the cluster's bus is: redis://…, rediss://…, nats://… or tls://… (default: ONRUSH_BUS)",
  );
}

/** @throws OnrushError ONRUSH_USAGE that names everything the program was not given */
export function clusterOf(
  program: "worker" | "coordinator",
  options: ClusterFlags,
  config: Pick<CliConfig, "bus" | "clusterKey">,
): ClusterAccess {
  const key = keySource(options, config);
  const url = options.bus || busOf(config);
  const lacksKey = key.key === null && key.file === null && !key.insecure;
  if (url !== null && !lacksKey) return { url, key };
  const lacking = [
    ...(url === null ? ["the address of the bus: --bus, ONRUSH_BUS or ONRUSH_BUS_FILE"] : []),
    ...(lacksKey ? ["the key of the cluster: ONRUSH_CLUSTER_KEY or ONRUSH_CLUSTER_KEY_FILE"] : []),
  ];
  throw new OnrushError({
    code: "ONRUSH_USAGE",
    message: `a ${program} cannot join a cluster without\n${lacking.join(", and\n")}`,
    remedy: `Give it --bus redis://broker:6379, and a key made with \`${MAKE_KEY}\`, the same for the coordinator and every worker; a trial may go without one by --insecure-no-key.`,
  });
}

/** Of the environment. @throws OnrushError ONRUSH_USAGE for a file that cannot be read or is empty */
function busOf({ bus: { url, file } }: Pick<CliConfig, "bus">): string | null {
  if (url !== null || file === null) return url;
  const text = contentOf(file).trim();
  if (text !== "") return text;
  throw unusable("it is empty");
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw unusable(error instanceof Error ? error.message : String(error));
  }
}

function unusable(why: string): OnrushError {
  return new OnrushError({
    code: "ONRUSH_USAGE",
    message: `the address of the bus cannot be read from ONRUSH_BUS_FILE (${why})`,
    remedy: "Write the address into that file, like redis://broker:6379.",
  });
}
