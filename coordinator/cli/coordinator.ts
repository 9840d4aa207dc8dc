/**
 * `onrush coordinator`: serves the HTTP API for the workers of a bus, until it is told to end. Called by program.ts.
 * Invariant: it serves only while it has the lead; ended or killed, its runs go on, and the next one takes them up.
 */
import { mkdirSync } from "node:fs";
import { hostname } from "node:os";
import { Command } from "commander";
import { openBus } from "../../shared/bus/open-bus.ts";
import { ExitCode, OnrushError } from "../../shared/errors.ts";
import { createLog, type Log } from "../../shared/log.ts";
import { systemTimers } from "../../shared/time/timer.ts";
import { buildServer } from "../http/server.ts";
import { Tokens } from "../http/tokens.ts";
import { Fleet } from "../run/fleet.ts";
import { Lead } from "../run/lead.ts";
import { isLoopbackHost } from "../run/target-policy.ts";
import { Service } from "../service/service.ts";
import type { CliContext } from "./context.ts";
import { collectHost } from "./options.ts";
import type { Finish } from "./program.ts";

interface CoordinatorOptions {
  readonly bus: string;
  readonly listen: string;
  readonly data: string;
  readonly allowTarget?: readonly string[];
  readonly insecureNoAuth?: boolean;
}

/** One that was killed loses its place after 6 s. */
const LEAD_WAIT_MS = 3600_000;

const EXAMPLES = `
Examples:
  onrush coordinator --bus redis://broker:6379
  onrush coordinator --bus nats://broker:4222 --listen 127.0.0.1:7700 --data /var/lib/onrush
  ONRUSH_TOKENS_FILE=tokens.json onrush coordinator --bus redis://broker:6379 --listen 0.0.0.0:7700

The API is described at /docs and /openapi.json. Ctrl-C or SIGTERM ends it; its runs go on, and the next one takes them up.`;

export function coordinatorCommand(context: CliContext, finish: Finish): Command {
  return new Command("coordinator")
    .description("serve the HTTP API for the workers of a bus")
    .requiredOption("--bus <URL>", "where the workers are: redis://… or nats://…")
    .option("--listen <HOST:PORT>", "where to listen", "127.0.0.1:7700")
    .option("--data <DIR>", "where runs are kept, a directory each", "runs")
    .option(
      "--allow-target <HOST>",
      "permit a target that is not this machine (repeatable)",
      collectHost,
    )
    .option("--insecure-no-auth", "listen to other machines without tokens")
    .addHelpText("after", EXAMPLES)
    .action(async (options: CoordinatorOptions) => finish(await serve(options, context)));
}

/** @returns the exit code */
async function serve(options: CoordinatorOptions, context: CliContext): Promise<number> {
  const { config, stderr, clock } = context;
  const { host, port } = readAddress(options.listen);
  const local = isLoopbackHost(host);
  const tokens = config.tokensFile === null ? null : Tokens.read(config.tokensFile);
  if (!local && tokens === null && options.insecureNoAuth !== true) throw openToAll(host);
  const log = createLog("coordinator", "info", (line) => stderr.write(line));
  mkdirSync(options.data, { recursive: true });
  const opened = await openBus(options.bus, "coordinator", systemTimers);
  const id = `${hostname()}-${process.pid}-${clock.wallMs()}`;
  const lead = new Lead({ bus: opened, id, clock, timers: systemTimers, log });
  const ending = endingOf(lead, log);
  try {
    await Promise.race([lead.take(LEAD_WAIT_MS), ending.asked]);
    if (ending.isAsked()) return ExitCode.passed;
    const bus = lead.guard(opened);
    const fleet = new Fleet({ bus, clock, timers: systemTimers, log });
    await fleet.start();
    const service = new Service({
      ...{ bus, fleet, clock, timers: systemTimers, log, dataDirectory: options.data },
      allowTargets: [...config.allowTargets, ...(options.allowTarget ?? [])],
      onFatal: ending.fatal,
    });
    await service.recover();
    const app = await buildServer({ service, leads: () => lead.held, tokens, local, log });
    await app.listen({ host, port }).catch((error: unknown) => {
      throw cannotListen(options.listen, error);
    });
    const address = app.server.address();
    const listening = typeof address === "object" && address !== null ? address.port : port;
    const name = host.includes(":") ? `[${host}]` : host;
    context.stdout.write(`listening on http://${name}:${listening}\n`);
    const code = await ending.asked;
    await app.close();
    return code;
  } finally {
    await lead.close();
    await opened.close();
  }
}

/** When and how this process is to end. */
function endingOf(lead: Lead, log: Log) {
  let asked = false;
  let end: (code: number) => void = () => {};
  const whenAsked = new Promise<number>((resolve) => {
    end = (code) => {
      asked = true;
      resolve(code);
    };
  });
  const leave = () => end(ExitCode.passed);
  process.on("SIGINT", leave);
  process.on("SIGTERM", leave);
  lead.lost.addEventListener("abort", () => end(ExitCode.preflight));
  return {
    asked: whenAsked,
    isAsked: () => asked,
    fatal: (error: unknown) => {
      log.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
      end(error instanceof OnrushError ? error.exitCode : ExitCode.internal);
    },
  };
}

function readAddress(text: string): { host: string; port: number } {
  const [, host = "", port = ""] = /^\[?([^\]]+?)\]?:(\d{1,5})$/.exec(text) ?? [];
  if (host !== "" && Number(port) <= 65_535) return { host, port: Number(port) };
  throw new OnrushError({
    code: "ONRUSH_USAGE",
    message: `--listen ${text} is no address`,
    remedy: "Give host and port, e.g. 127.0.0.1:7700.",
  });
}

function openToAll(host: string): OnrushError {
  return new OnrushError({
    code: "ONRUSH_USAGE",
    message: `listening on ${host} would let everybody who can reach it put targets under load`,
    remedy: "Name a tokens file in ONRUSH_TOKENS_FILE, or say --insecure-no-auth.",
  });
}

function cannotListen(address: string, error: unknown): OnrushError {
  return new OnrushError({
    code: "ONRUSH_USAGE",
    message: `cannot listen on ${address}: ${error instanceof Error ? error.message : String(error)}`,
    remedy: "Choose another address with --listen.",
  });
}
