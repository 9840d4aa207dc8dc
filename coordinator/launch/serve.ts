/**
 * A coordinator that serves the HTTP API for the workers of a bus, until it is asked to end. Called by `onrush coordinator`.
 * Invariant: it serves only while it has the lead; ended or killed, its runs go on, and the next one takes them up.
 */
import { hostname } from "node:os";
import type { CoordinatorBus } from "../../shared/bus/bus.ts";
import { openBus } from "../../shared/bus/open-bus.ts";
import { openPatiently } from "../../shared/bus/open-patiently.ts";
import { onEndSignals, type SignalSource } from "../../shared/end-signals.ts";
import { ExitCode, OnrushError } from "../../shared/errors.ts";
import type { Log } from "../../shared/log.ts";
import { isLoopbackHost, parseHost } from "../../shared/net/host.ts";
import type { Clock } from "../../shared/time/clock.ts";
import { sleep, systemTimers } from "../../shared/time/timer.ts";
import type { KeySource } from "../../shared/trust/cluster-key.ts";
import type { CheckLimits } from "../check/check-limits.ts";
import { Checker } from "../check/checker.ts";
import type { ServiceLimits } from "../check/submission.ts";
import { Fleet } from "../fleet/fleet.ts";
import { Lead } from "../fleet/lead.ts";
import { Tokens } from "../http/access/tokens.ts";
import { watchTokens } from "../http/access/tokens-watch.ts";
import { buildServer, type HttpServer } from "../http/server.ts";
import { buildStandby } from "../http/standby.ts";
import { type LeavingBus, leavingBus } from "../service/leaving-bus.ts";
import { Service } from "../service/service.ts";
import { keysOf } from "./cluster-keys.ts";

/** For runs to be put down when it ends; the bus may not answer. */
const LEAVE_MS = 5000;

export interface Address {
  readonly host: string;
  /** 0: one that is free. */
  readonly port: number;
}

export interface ServeRequest {
  readonly bus: { readonly url: string; readonly key: KeySource };
  readonly address: Address;
  /** Where runs are kept, a directory each. */
  readonly dataDirectory: string;
  /** Who may use the API; null: nobody has to say who they are. */
  readonly tokensFile: string | null;
  /** Serves other machines without tokens. */
  readonly insecureNoAuth: boolean;
  readonly allowTargets: readonly string[];
  /** Submitted scenarios may have hooks: code that the workers run. */
  readonly allowHooks: boolean;
  /** Commands that faults may run on this host. */
  readonly allowCommands: readonly string[];
  readonly check: CheckLimits;
  readonly limits: ServiceLimits;
}

export interface ServeContext {
  readonly clock: Clock;
  readonly log: Log;
  /** Where the signals that end it come from. */
  readonly signals: SignalSource;
  /** Ends the process; for the second signal. */
  readonly exit: (code: number) => void;
  readonly onListening: (url: string) => void;
}

/** @returns the exit code. @throws OnrushError ONRUSH_USAGE, and what the bus is refused with */
export async function serveCoordinator(
  request: ServeRequest,
  context: ServeContext,
): Promise<number> {
  const { clock, log } = context;
  const { address, bus, tokensFile } = request;
  const local = isLoopbackHost(parseHost(address.host) ?? "");
  const tokens = tokensFile === null ? null : Tokens.read(tokensFile, clock);
  if (!local && tokens === null && !request.insecureNoAuth) throw openToAll(address.host);
  const timers = systemTimers;
  const unwatch =
    tokens === null ? () => {} : watchTokens(tokens, tokensFile ?? "", { timers, log });
  const keys = keysOf(bus.key, log);
  const ending = endingOf({ ...context, hangUp: tokens === null });
  let trouble: string | null = "it has not been reached yet";
  const standby = buildStandby(() => trouble);
  try {
    // From here on the address is its own, and whoever asks is told what it waits for.
    const listening = await listen(standby, address);
    const opening = openPatiently(() => openBus(bus.url, "coordinator", { timers, keys, log }), {
      ...{ timers, log, signal: ending.signal },
      onTrouble: (why) => {
        trouble = why;
      },
    });
    const opened = await Promise.race([opening, ending.asked.then(() => null)]);
    if (opened === null) {
      // An attempt under way may still succeed.
      void opening.then((late) => late?.close()).catch(() => {});
      return ExitCode.passed;
    }
    trouble = null;
    return await lead(request, { ...context, opened, standby, listening, tokens, local, ending });
  } finally {
    unwatch();
    await standby.close();
  }
}

interface Opened extends ServeContext {
  readonly opened: CoordinatorBus;
  readonly standby: HttpServer;
  readonly listening: Address;
  readonly tokens: Tokens | null;
  readonly local: boolean;
  readonly ending: Ending;
}

/** Waits for the lead, and serves while it has it. @returns the exit code */
async function lead(request: ServeRequest, at: Opened): Promise<number> {
  const { opened, standby, listening, tokens, local, ending, clock, log } = at;
  const id = `${hostname()}-${process.pid}-${clock.wallMs()}`;
  const taken = new Lead({ bus: opened, id, clock, timers: systemTimers, log });
  taken.lost.addEventListener("abort", () => ending.end(ExitCode.preflight));
  try {
    await Promise.race([taken.take(Number.POSITIVE_INFINITY), ending.asked]);
    if (ending.isAsked()) return ExitCode.passed;
    const parts = { bus: leavingBus(taken.guard(opened)), lead: taken, tokens, local, ending };
    const served = await open(request, parts, at);
    await standby.close();
    await listen(served.app, listening);
    at.onListening(nameOf(listening));
    const code = await ending.asked;
    await served.close();
    return code;
  } finally {
    await taken.close();
    await opened.close();
  }
}

interface ServeParts {
  readonly bus: LeavingBus;
  readonly lead: Lead;
  readonly tokens: Tokens | null;
  readonly local: boolean;
  readonly ending: Ending;
}

/** The service and its server, with what an earlier coordinator left taken up. */
async function open(
  { dataDirectory, allowTargets, allowHooks, allowCommands, check, limits }: ServeRequest,
  { bus: { bus, leave }, lead, tokens, local, ending }: ServeParts,
  { clock, log }: ServeContext,
) {
  const timers = systemTimers;
  const fleet = new Fleet({ bus, clock, timers, log, rosterLog: log });
  await fleet.start();
  const checker = new Checker(check, timers);
  const service = new Service({
    checker,
    bus,
    fleet,
    lead,
    clock,
    timers,
    log,
    dataDirectory,
    allowTargets,
    allowHooks,
    allowCommands,
    limits,
    onFatal: ending.fatal,
  });
  await service.recover();
  const app = await buildServer({ service, lead, tokens, local, log });
  const close = async () => {
    await app.close();
    await checker.close();
    leave();
    await Promise.race([service.leave(), sleep(timers, LEAVE_MS)]);
    await fleet.close();
  };
  return { app, close };
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

interface Ending {
  /** The exit code, when the end was asked for. */
  readonly asked: Promise<number>;
  isAsked(): boolean;
  /** Aborts then. */
  readonly signal: AbortSignal;
  end(code: number): void;
  /** Ends it for an error nobody can deal with. */
  fatal(error: unknown): void;
}

/** When and how this process is to end. @param hangUp SIGHUP ends it, too; else that has the tokens file read again */
function endingOf({
  clock,
  log,
  signals,
  exit,
  hangUp,
}: ServeContext & { readonly hangUp: boolean }): Ending {
  const asking = new AbortController();
  let end: (code: number) => void = () => {};
  const whenAsked = new Promise<number>((resolve) => {
    end = (code) => {
      asking.abort();
      resolve(code);
    };
  });
  const source: SignalSource = {
    on: (signal, listener) => (hangUp || signal !== "SIGHUP") && signals.on(signal, listener),
    off: (signal, listener) => signals.off(signal, listener),
  };
  onEndSignals((press) => (press > 1 ? exit(ExitCode.aborted) : end(ExitCode.passed)), {
    clock,
    source,
  });
  return {
    asked: whenAsked,
    signal: asking.signal,
    isAsked: () => asking.signal.aborted,
    end,
    fatal: (error: unknown) => {
      log.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
      end(error instanceof OnrushError ? error.exitCode : ExitCode.internal);
    },
  };
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
