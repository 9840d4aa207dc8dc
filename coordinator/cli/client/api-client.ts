/**
 * The HTTP API from a shell: calls a coordinator and reads what it answers. Used by the client commands.
 * Invariant: every failure is an operating error that says where the coordinator was looked for and what it said.
 */
import { OnrushError } from "../../../shared/errors.ts";
import { escapeForTerminal } from "../terminal/escape.ts";

export interface ApiOptions {
  /** e.g. http://127.0.0.1:7700 */
  readonly coordinator: string;
  readonly token: string | null;
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

export class ApiClient {
  readonly #options: ApiOptions;

  constructor(options: ApiOptions) {
    this.#options = options;
  }

  /** Where a person's browser finds it. @throws OnrushError ONRUSH_USAGE */
  urlOf(path: string): string {
    return addressOf(this.#options.coordinator, path).href;
  }

  /** @throws OnrushError ONRUSH_COORDINATOR_UNREACHABLE, or what the coordinator answered */
  async call<T>(method: string, path: string, body?: ApiBody): Promise<T> {
    const response = await this.#fetch(method, path, body);
    const text = await response.text();
    if (!response.ok) throw refusal(response.status, text);
    return (text === "" ? null : JSON.parse(text)) as T;
  }

  /** The raw answer of a GET, for streams. */
  async open(path: string, headers: Record<string, string>): Promise<Response> {
    const response = await this.#fetch("GET", path, undefined, headers);
    if (!response.ok) throw refusal(response.status, await response.text());
    return response;
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
    try {
      return await fetch(url, { method, headers, ...(body ? { body: body.text } : {}) });
    } catch (error) {
      throw unreachable(coordinator, error);
    }
  }
}

function addressOf(coordinator: string, path: string): URL {
  if (/^https?:/i.test(coordinator) && URL.canParse(coordinator)) {
    return new URL(`/api/v1${path}`, coordinator);
  }
  throw new OnrushError({
    code: "ONRUSH_USAGE",
    message: `${escapeForTerminal(coordinator, 200)} is no address of a coordinator`,
    remedy: "Give one such as http://127.0.0.1:7700 (--coordinator or ONRUSH_COORDINATOR).",
  });
}

function unreachable(coordinator: string, error: unknown): OnrushError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return new OnrushError({
    code: "ONRUSH_COORDINATOR_UNREACHABLE",
    message: `no coordinator answers at ${coordinator}: ${cause instanceof Error ? cause.message : String(cause)}`,
    remedy:
      "Start one with `onrush coordinator --bus URL`, or name its address with --coordinator.",
    cause: error,
  });
}

/** Asked too often: later it answers. */
const TOO_MANY = 429;

function refusal(status: number, text: string): OnrushError {
  const problem = problemOf(text);
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
    return JSON.parse(text) as Problem;
  } catch {
    return {};
  }
}
