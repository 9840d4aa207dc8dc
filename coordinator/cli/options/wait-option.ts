/** `--wait-for-target` and `--wait-for-workers`, of the commands that start a run. Called by their files. */
import { type Command, InvalidArgumentError } from "commander";
import { MAX_WORKERS_WITHIN_SECONDS, WORKERS_WITHIN_SECONDS } from "../../plan/policies.ts";
import { parseSeconds } from "./values.ts";

export interface WaitOptions {
  /** Seconds. */
  readonly waitForTarget?: number;
  /** Seconds. */
  readonly waitForWorkers?: number;
}

export function addWaitOption(command: Command): Command {
  return command
    .option(
      "--wait-for-target <TIME>",
      "wait so long for the target to accept a connection, e.g. 30s; probed from this machine",
      parseWait,
    )
    .option(
      "--wait-for-workers <TIME>",
      `wait so long for the workers of a cluster, e.g. 5m (default: ${WORKERS_WITHIN_SECONDS}s)`,
      parseWait,
    );
}

function parseWait(text: string): number {
  const seconds = parseSeconds(text);
  if (seconds > 0 && seconds <= MAX_WORKERS_WITHIN_SECONDS) return seconds;
  throw new InvalidArgumentError(`${text} is not from 1ms to ${MAX_WORKERS_WITHIN_SECONDS / 60}m.`);
}
