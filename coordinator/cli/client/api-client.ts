/**
 * The HTTP API from a shell: calls a coordinator and reads what it answers. Used by the client commands.
 * Invariant: every failure is an operating error that says where the coordinator was looked for and what it said.
 */
import { setTimeout as delay } from "node:timers/promises";
import { OnrushError } from "../../../shared/errors.ts";
import { escapeForTerminal } from "../terminal/escape.ts";

export interface ApiOptions {
  /** e.g. http://127.0.0.1:7700 */
  readonly coordinator: string;
  readonly token: string | null;
  /** Told why it has to wait. */
  readonly say?: (line: string) => void;
}

/** What a problem+json answer says, as far as it is shown. */
interface Problem {
  readonly detail?: string;
  readonly code?: string;
  readonly remedy?: string;
  readonly issues?: readonly {
    readonly line: number;
    readonly column: number;
    readonly message: string;
    readonly hint: string;
  }[];
}

/** What is sent with a request. */
export interface ApiBody {
  readonly type: string;
  readonly text: string;
  /** The same for every repetition: what was done already is not done again. */
  readonly key?: string;
}

/** One that was killed and is started again, or moves to another machine, is back within this. */
const WAITED_AT_MOST_MS = 30_000;
const RETRY_MS = 1000;
const LONGEST_RETRY_MS = 5000;

export class ApiClient {
  readonly #options: ApiOptions;

  constructor(options: ApiOptions) {
    this.#options = options;
  }

  /** Where a person's browser finds it. @throws OnrushError ONRUSH_USAGE */
  urlOf(path: string): string {
    return addressOf(this.#options.coordinator, path).href;
  }

  /**
   * Asks, and asks again while what answers cannot say more than that it will be back: every request here may be repeated.
   * @throws OnrushError ONRUSH_COORDINATOR_UNREACHABLE, or what the coordinator answered
   */
  async call<T>(method: string, path: string, body?: ApiBody): Promise<T> {
    let waitedMs = 0;
    while (true) {
      try {
        return await this.#once<T>(method, path, body);
      } catch (error) {
        const trouble = error instanceof OnrushError ? passing.get(error) : undefined;
        const isPassing = trouble !== undefined && (waitedMs > 0 || !trouble.isNobodyThere);
        if (!isPassing || waitedMs >= WAITED_AT_MOST_MS) throw error;
        if (waitedMs === 0) this.#options.say?.(`${(error as Error).message}; asking again`);
        await delay(trouble.retryMs);
        waitedMs += trouble.retryMs;
      }
    }
  }

  /** The raw answer of a GET, for streams. */
  async open(path: string, headers: Record<string, string>): Promise<Response> {
    const response = await this.#fetch("GET", path, undefined, headers);
    if (!response.ok) throw refusal(response, await response.text());
    return response;
  }

  async #once<T>(method: string, path: string, body?: ApiBody): Promise<T> {
    const response = await this.#fetch(method, path, body);
    const text = await response.text().catch((error: unknown) => {
      throw unreachable(this.#options.coordinator, error);
    });
    if (!response.ok) throw refusal(response, text);
    try {
      return (text === "" ? null : JSON.parse(text)) as T;
    } catch (error) {
      throw noCoordinator(this.#options.coordinator, error);
    }
  }

  async #fetch(
    method: string,
    path: string,
    body?: ApiBody,
    more: Record<string, string> = {},
  ): Promise<Response> {
    const { coordinator, token } = this.#options;
    const url = addressOf(coordinator, path);
    const headers: Record<string, string> = { ...more };
    if (token !== null) headers["authorization"] = `Bearer ${token}`;
    if (body) headers["content-type"] = body.type;
    if (body?.key !== undefined) headers["idempotency-key"] = body.key;
    const sent = body ? { body: body.text } : {};
    try {
      // Following one would turn a POST into a GET, and leave out the token.
      return await fetch(url, { method, headers, redirect: "manual", ...sent });
    } catch (error) {
      throw unreachable(coordinator, error);
    }
  }
}

/** Below the path of the address: an ingress may serve a coordinator under one. */
function addressOf(coordinator: string, path: string): URL {
  if (/^https?:/i.test(coordinator) && URL.canParse(coordinator)) {
    const base = new URL(coordinator);
    return new URL(`${base.pathname.replace(/\/+$/, "")}/api/v1${path}`, base.origin);
  }
  throw new OnrushError({
    code: "ONRUSH_USAGE",
    message: `${escapeForTerminal(coordinator, 200)} is no address of a coordinator`,
    remedy: "Give one such as http://127.0.0.1:7700 (--coordinator or ONRUSH_COORDINATOR).",
  });
}

/** What may be over soon. */
interface Passing {
  readonly retryMs: number;
  /** Nothing listens there, or it has no address: nothing can have been taken on, and a wrong address is likely. */
  readonly isNobodyThere: boolean;
}

const passing = new WeakMap<OnrushError, Passing>();

const NOBODY_THERE = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH"];
/** Trying again does not help: certificates, above all. */
const LASTING = /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS|ERR_SSL|ERR_INVALID/;

function unreachable(coordinator: string, error: unknown): OnrushError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = String((cause as { readonly code?: unknown }).code);
  const isCertificate = /CERT|SELF_SIGNED|UNABLE_TO/.test(code);
  const made = new OnrushError({
    code: "ONRUSH_COORDINATOR_UNREACHABLE",
    message: `no coordinator answers at ${coordinator}: ${cause instanceof Error ? cause.message : String(cause)}`,
    remedy: isCertificate
      ? "Name the file of the authority that signed its certificate: NODE_EXTRA_CA_CERTS=ca.pem."
      : "Start one with `onrush coordinator --bus URL`, or name its address with --coordinator.",
    cause: error,
  });
  if (!LASTING.test(code)) {
    passing.set(made, { retryMs: RETRY_MS, isNobodyThere: NOBODY_THERE.includes(code) });
  }
  return made;
}

function noCoordinator(coordinator: string, cause: unknown): OnrushError {
  return new OnrushError({
    code: "ONRUSH_COORDINATOR_UNREACHABLE",
    message: `what answers at ${coordinator} is no coordinator: it sends no JSON`,
    remedy: "Name the coordinator's address, with the path it is served under, with --coordinator.",
    cause,
  });
}

/** Asked too often: later it answers. */
const TOO_MANY = 429;

/** Of a coordinator that is not ready, and of a proxy before one that is away. */
const PASSING = [TOO_MANY, 502, 503, 504];

function refusal({ status, headers }: Response, text: string): OnrushError {
  if (status >= 300 && status < 400) return redirected(headers.get("location") ?? "elsewhere");
  const error = refusalOf(status, problemOf(text));
  if (PASSING.includes(status)) {
    const seconds = Number(headers.get("retry-after") || Number.NaN);
    const retryMs = Number.isFinite(seconds) ? Math.max(RETRY_MS, seconds * 1000) : RETRY_MS;
    passing.set(error, { retryMs: Math.min(retryMs, LONGEST_RETRY_MS), isNobodyThere: false });
  }
  return error;
}

function redirected(location: string): OnrushError {
  return new OnrushError({
    code: "ONRUSH_USAGE",
    message: `the address of the coordinator leads to ${escapeForTerminal(location, 300)}`,
    remedy: "Name that address with --coordinator, without /api/v1 and what follows it.",
  });
}

function refusalOf(status: number, problem: Problem): OnrushError {
  const issues = (problem.issues ?? []).map(
    ({ line, column, message, hint }) =>
      `\n  ${line}:${column} ${escapeForTerminal(message, 300)}${hint === "" ? "" : ` (${escapeForTerminal(hint, 300)})`}`,
  );
  const detail = escapeForTerminal(problem.detail ?? `status ${status}`, 500);
  return new OnrushError({
    code:
      CODES[problem.code ?? ""] ??
      (status >= 500 || status === TOO_MANY ? "ONRUSH_COORDINATOR_UNREACHABLE" : "ONRUSH_USAGE"),
    message: `the coordinator answers: ${detail}${issues.join("")}`,
    remedy: escapeForTerminal(problem.remedy ?? "", 300),
  });
}

/** Codes that mean the same to whoever asked as on their own machine. */
const CODES = {
  ONRUSH_SCENARIO_INVALID: "ONRUSH_SCENARIO_INVALID",
  ONRUSH_TARGET_FORBIDDEN: "ONRUSH_TARGET_FORBIDDEN",
  ONRUSH_LIMITS_TOO_LOW: "ONRUSH_LIMITS_TOO_LOW",
  ONRUSH_BUS_UNREACHABLE: "ONRUSH_BUS_UNREACHABLE",
} as Readonly<
  Record<
    string,
    | "ONRUSH_SCENARIO_INVALID"
    | "ONRUSH_TARGET_FORBIDDEN"
    | "ONRUSH_LIMITS_TOO_LOW"
    | "ONRUSH_BUS_UNREACHABLE"
    | undefined
  >
>;

function problemOf(text: string): Problem {
  try {
    return (JSON.parse(text) as Problem | null) ?? {};
  } catch {
    return {};
  }
}
