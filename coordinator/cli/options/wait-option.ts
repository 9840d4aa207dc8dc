/** `--wait-for-target`, of the commands that start a run. Called by their files. */
import { type Command, InvalidArgumentError } from "commander";
import { parseSeconds } from "./values.ts";

const MOST_SECONDS = 3600;

export interface WaitOptions {
  /** Seconds. */
  readonly waitForTarget?: number;
}

export function addWaitOption(command: Command): Command {
  return command.option(
    "--wait-for-target <TIME>",
    "wait so long for the target to accept a connection, e.g. 30s; probed from this machine",
    parseWait,
  );
}

function parseWait(text: string): number {
  const seconds = parseSeconds(text);
  if (seconds > 0 && seconds <= MOST_SECONDS) return seconds;
  throw new InvalidArgumentError(`${text} is not from 1ms to ${MOST_SECONDS / 60}m.`);
}
