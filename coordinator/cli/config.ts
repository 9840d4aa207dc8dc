/**
 * The coordinator's only reader of process.env. Called once by main.ts; everything else receives what it
 * needs as an argument. Invariant: after start-up nobody looks at the environment again.
 */
import type { KeySource } from "../../shared/trust/cluster-key.ts";
import type { TerminalSettings } from "./terminal/style.ts";

export interface CliConfig {
  /** The whole environment, for `env.X` and `vars: { env: X }` in scenarios. */
  readonly env: Readonly<Record<string, string>>;
  /** From ONRUSH_ALLOW_TARGETS: comma-separated hosts other than loopback that may be targeted. */
  readonly allowTargets: readonly string[];
  /** ONRUSH_BUS: the bus of `coordinator` and `worker` without --bus, so that its password is on no command line. */
  readonly bus: string | null;
  /** ONRUSH_TOKENS_FILE: who may use this coordinator's API; null: nobody has to say who they are. */
  readonly tokensFile: string | null;
  /** ONRUSH_CLUSTER_KEY, ONRUSH_CLUSTER_KEY_FILE: what coordinator and workers sign with. */
  readonly clusterKey: Omit<KeySource, "insecure">;
  /** ONRUSH_COORDINATOR: where the coordinator is that commands speak to. */
  readonly coordinator: string;
  /** ONRUSH_TOKEN: what to say to it. */
  readonly token: string | null;
  /** ONRUSH_DEBUG=1: internal errors show their stack. */
  readonly debug: boolean;
  readonly terminal: TerminalSettings;
}

export function readConfig(environment: NodeJS.ProcessEnv = process.env): CliConfig {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined) env[name] = value;
  }
  const debug = env["ONRUSH_DEBUG"] ?? "";
  return {
    env,
    allowTargets: splitList(env["ONRUSH_ALLOW_TARGETS"] ?? ""),
    bus: env["ONRUSH_BUS"] || null,
    tokensFile: env["ONRUSH_TOKENS_FILE"] || null,
    clusterKey: {
      key: env["ONRUSH_CLUSTER_KEY"] || null,
      file: env["ONRUSH_CLUSTER_KEY_FILE"] || null,
    },
    coordinator: env["ONRUSH_COORDINATOR"] || "http://127.0.0.1:7700",
    token: env["ONRUSH_TOKEN"] || null,
    debug: debug !== "" && debug !== "0",
    terminal: {
      noColor: env["NO_COLOR"],
      forceColor: env["FORCE_COLOR"],
      ci: env["CI"],
      term: env["TERM"],
    },
  };
}

/** For a program that this process becomes. */
export function addToEnvironment(values: Readonly<Record<string, string>>): void {
  Object.assign(process.env, values);
}

function splitList(text: string): string[] {
  return text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}
