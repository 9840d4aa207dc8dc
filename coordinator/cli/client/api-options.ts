/** Options of the commands that speak to a coordinator. Used by their files. */
import type { Command } from "commander";
import type { CliContext } from "../context.ts";
import { ApiClient } from "./api-client.ts";

export interface ApiFlags {
  readonly coordinator?: string;
}

export function addApiOptions(command: Command): Command {
  return command.option(
    "--coordinator <URL>",
    "where the coordinator is (default: ONRUSH_COORDINATOR or http://127.0.0.1:7700)",
  );
}

export function clientOf({ coordinator }: ApiFlags, { config, stderr }: CliContext): ApiClient {
  return new ApiClient({
    coordinator: coordinator ?? config.coordinator,
    token: config.token,
    say: (line) => stderr.write(`${line}\n`),
  });
}
