/**
 * `onrush coordinator`: serves the HTTP API for the workers of a bus, until it is told to end. Called by program.ts.
 * Invariant: it serves only while it has the lead; ended or killed, its runs go on, and the next one takes them up.
 */
import { hostname } from "node:os";
import { Command, Option } from "commander";
import { openBus } from "../../shared/bus/open-bus.ts";
import { onEndSignals, type SignalSource } from "../../shared/end-signals.ts";
import { ExitCode, OnrushError } from "../../shared/errors.ts";
import { createLog, type Log } from "../../shared/log.ts";
import { isLoopbackHost, parseHost } from "../../shared/net/host.ts";
import type { Clock } from "../../shared/time/clock.ts";
import { sleep, systemTimers } from "../../shared/time/timer.ts";
import { checkLimits, SERVICE_CHECK } from "../check/check-limits.ts";
import { Checker } from "../check/checker.ts";
import { SERVICE_LIMITS } from "../check/submission.ts";
import { Fleet } from "../fleet/fleet.ts";
import { Lead } from "../fleet/lead.ts";
import { Tokens } from "../http/access/tokens.ts";
import { watchTokens } from "../http/access/tokens-watch.ts";
import { buildServer, type HttpServer } from "../http/server.ts";
import { buildStandby } from "../http/standby.ts";
import { type LeavingBus, leavingBus } from "../service/leaving-bus.ts";
import { Service } from "../service/service.ts";
import type { CliContext } from "./context.ts";
import {
  allowedTargets,
  clusterKeys,
  collectHost,
  insecureNoKeyOption,
  parseCount,
  parseSeconds,
} from "./options.ts";
import type { Finish } from "./program.ts";

interface CoordinatorOptions {
  readonly bus: string;
  readonly listen: string;
  readonly data: string;
  readonly allowTarget?: readonly string[];
  readonly insecureNoAuth?: boolean;
  readonly insecureNoKey?: boolean;
  readonly maxConnections: number;
  readonly maxMessageRate: number;
  readonly maxDuration: number;
  readonly maxRuns: number;
}

/** For runs to be put down when it ends; the bus may not answer. */
const LEAVE_MS = 5000;

const EXAMPLES = `
Examples:
  export ONRUSH_CLUSTER_KEY=$(openssl rand -hex 32)   # the workers' too
  onrush coordinator --bus redis://broker:6379
  onrush coordinator --bus nats://broker:4222 --data /var/lib/onrush
  ONRUSH_TOKENS_FILE=tokens.json \\
    onrush coordinator --bus redis://broker:6379 --listen 0.0.0.0:7700

The API is described at /docs and /openapi.json. Ctrl-C, SIGTERM or SIGHUP ends
it; its runs go on, and the next one takes them up. With a tokens file, SIGHUP
has that read again instead.`;

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
    .addOption(insecureNoKeyOption())
    .option("--max-connections <N>", "of one run", parseCount, SERVICE_LIMITS.connections)
    .option(
      "--max-message-rate <N>",
      "messages a second of one run",
      parseCount,
      SERVICE_LIMITS.messagesPerSec,
    )
    .addOption(
      new Option("--max-duration <TIME>", "of one run, e.g. 90m")
        .argParser(parseSeconds)
        .default(SERVICE_LIMITS.durationSeconds, "48h"),
    )
    .option("--max-runs <N>", "that wait or go on", parseCount, SERVICE_LIMITS.runs)
    .addHelpText("after", EXAMPLES)
    .action(async (options: CoordinatorOptions) => finish(await serve(options, context)));
}

/** @returns the exit code */
async function serve(options: CoordinatorOptions, context: CliContext): Promise<number> {
  const { config, stderr, clock } = context;
  const address = readAddress(options.listen);
  const local = isLoopbackHost(parseHost(address.host) ?? "");
  const tokens = config.tokensFile === null ? null : Tokens.read(config.tokensFile, clock);
  if (!local && tokens === null && options.insecureNoAuth !== true) throw openToAll(address.host);
  const log = createLog("coordinator", "info", (line) => stderr.write(line));
  const unwatch =
    tokens === null
      ? () => {}
      : watchTokens(tokens, config.tokensFile ?? "", { timers: systemTimers, log });
  const keys = clusterKeys(options, config, log);
  const opened = await openBus(options.bus, "coordinator", { timers: systemTimers, keys, log });
  const id = `${hostname()}-${process.pid}-${clock.wallMs()}`;
  const lead = new Lead({ bus: opened, id, clock, timers: systemTimers, log });
  const ending = endingOf(lead, log, { clock, source: tokens === null ? process : NO_HANG_UP });
  const standby = buildStandby();
  try {
    // From here on the address is its own, and whoever asks is told what it waits for.
    const listening = await listen(standby, address);
    await Promise.race([lead.take(Number.POSITIVE_INFINITY), ending.asked]);
    if (ending.isAsked()) return ExitCode.passed;
    const parts = { bus: leavingBus(lead.guard(opened)), lead, log, tokens, local, ending };
    const served = await open(options, context, parts);
    await standby.close();
    await listen(served.app, listening);
    context.stdout.write(`listening on ${nameOf(listening)}\n`);
    const code = await ending.asked;
    await served.close();
    return code;
  } finally {
    unwatch();
    await standby.close();
    await lead.close();
    await opened.close();
  }
}

/** The service and its server, with what an earlier coordinator left taken up. */
async function open(
  options: CoordinatorOptions,
  { config, clock }: CliContext,
  parts: {
    readonly bus: LeavingBus;
    readonly lead: Lead;
    readonly log: Log;
    readonly tokens: Tokens | null;
    readonly local: boolean;
    readonly ending: ReturnType<typeof endingOf>;
  },
) {
  const { lead, log, tokens, local, ending } = parts;
  const { bus, leave } = parts.bus;
  const fleet = new Fleet({ bus, clock, timers: systemTimers, log, rosterLog: log });
  await fleet.start();
  const checker = new Checker(checkLimits(SERVICE_CHECK, config.env), systemTimers);
  const service = new Service({
    checker,
    ...{ bus, fleet, lead, clock, timers: systemTimers, log, dataDirectory: options.data },
    allowTargets: allowedTargets(config, options),
    limits: {
      connections: options.maxConnections,
      messagesPerSec: options.maxMessageRate,
      durationSeconds: options.maxDuration,
      runs: options.maxRuns,
    },
    onFatal: ending.fatal,
  });
  await service.recover();
  const app = await buildServer({ service, lead, tokens, local, log });
  const close = async () => {
    await app.close();
    checker.close();
    leave();
    await Promise.race([service.leave(), sleep(systemTimers, LEAVE_MS)]);
    await fleet.close();
  };
  return { app, close };
}

interface Address {
  readonly host: string;
  readonly port: number;
}

/** @returns where it listens, with the port the system chose for 0. @throws OnrushError ONRUSH_USAGE */
async function listen(app: HttpServer, { host, port }: Address): Promise<Address> {
  await app.listen({ host, port }).catch((error: unknown) => {
    throw cannotListen(nameOf({ host, port }), error);
  });
  const bound = app.server.address();
  return { host, port: typeof bound === "object" && bound !== null ? bound.port : port };
}

function nameOf({ host, port }: Address): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** SIGHUP has the tokens file read again. */
const NO_HANG_UP: SignalSource = {
  on: (signal, listener) => signal !== "SIGHUP" && process.on(signal, listener),
  off: (signal, listener) => process.off(signal, listener),
};

/** When and how this process is to end. */
function endingOf(
  lead: Lead,
  log: Log,
  signals: { readonly clock: Clock; readonly source: SignalSource },
) {
  let asked = false;
  let end: (code: number) => void = () => {};
  const whenAsked = new Promise<number>((resolve) => {
    end = (code) => {
      asked = true;
      resolve(code);
    };
  });
  onEndSignals(
    (press) => (press > 1 ? process.exit(ExitCode.aborted) : end(ExitCode.passed)),
    signals,
  );
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

function readAddress(text: string): Address {
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
