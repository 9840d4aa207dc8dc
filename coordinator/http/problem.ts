/**
 * Errors as RFC 9457 problem+json. Used by server.ts and the routes. Invariant: the answer says no more than an operating error
 * says; a bug is "internal error" to the outside and a line with its stack in the log.
 */
import { STATUS_CODES } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import { OnrushError } from "../../shared/errors.ts";
import type { Log } from "../../shared/log.ts";
import type { Issue } from "../../shared/scenario/issue.ts";
import { Malformed } from "../check/malformed.ts";

export const PROBLEM_TYPE = "application/problem+json";

/** Of what fastify says, which may quote the request. */
const MAX_DETAIL = 300;

export interface ProblemBody {
  readonly type: "about:blank";
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** Error code of Onrush, when it is one of its own. */
  readonly code?: string;
  readonly remedy?: string;
  readonly issues?: readonly ProblemIssue[];
}

export interface ProblemIssue {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly hint: string;
}

/** Thrown by a route to answer with a problem. */
export class HttpProblem extends Error {
  readonly body: ProblemBody;
  /** What is said in the header Retry-After; null: nothing. */
  readonly retryAfterSeconds: number | null;

  constructor(
    status: number,
    detail: string,
    {
      retryAfterSeconds = null,
      ...more
    }: Pick<ProblemBody, "code" | "remedy" | "issues"> & {
      readonly retryAfterSeconds?: number | null;
    } = {},
  ) {
    super(detail);
    this.retryAfterSeconds = retryAfterSeconds;
    this.body = { type: "about:blank", title: titleOf(status), status, detail, ...more };
  }
}

/** The problem that an error is to whoever asked. */
export function problemOf(error: unknown): ProblemBody {
  if (error instanceof HttpProblem) return error.body;
  if (error instanceof OnrushError) {
    const { code, remedy, message } = error;
    return new HttpProblem(STATUS[code] ?? 500, message, { code, remedy }).body;
  }
  if (error instanceof Malformed) return new HttpProblem(400, error.message).body;
  const status = statusOf(error);
  if (status !== null && error instanceof Error) {
    return new HttpProblem(status, error.message.slice(0, MAX_DETAIL)).body;
  }
  return new HttpProblem(500, "internal error; the coordinator's log has it").body;
}

/** Another coordinator answers. */
export function noLead(): HttpProblem {
  return new HttpProblem(503, "this coordinator does not have the lead", {
    code: "ONRUSH_COORDINATOR_TAKEN",
    remedy: "Ask the one that leads. One that is killed or stands still loses the lead after 6 s.",
    retryAfterSeconds: 2,
  });
}

/** It waits for its bus. */
export function noBus(why: string): HttpProblem {
  return new HttpProblem(503, `the bus does not answer: ${why}`, {
    ...{ code: "ONRUSH_BUS_UNREACHABLE", remedy: "Start the broker, or correct its address." },
    retryAfterSeconds: 2,
  });
}

/** Answers with the problem that an error is; a bug goes into the log. */
export function answerProblem(log: Log, error: unknown, reply: FastifyReply): FastifyReply {
  const problem = problemOf(error);
  if (problem.status >= 500 && !(error instanceof OnrushError || error instanceof HttpProblem)) {
    log.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  if (problem.status === 401) reply.header("www-authenticate", "Bearer");
  if (error instanceof HttpProblem && error.retryAfterSeconds !== null) {
    reply.header("retry-after", error.retryAfterSeconds);
  }
  closeUnread(reply.request, reply);
  return reply.code(problem.status).type(PROBLEM_TYPE).send(JSON.stringify(problem));
}

/** The rest of a body that nobody reads is not waited for. */
export function closeUnread({ raw }: FastifyRequest, reply: FastifyReply): void {
  if (!raw.complete) reply.header("connection", "close");
}

export function issuesProblem(issues: readonly Issue[], of = "the scenario"): HttpProblem {
  const listed = issues.map(({ path, line, column, what, hint }) => ({
    ...{ path, line, column, hint },
    message: what,
  }));
  const detail = `${of} has ${issues.length === 1 ? "a problem" : `${issues.length} problems`}`;
  return new HttpProblem(422, detail, { code: "ONRUSH_SCENARIO_INVALID", issues: listed });
}

const STATUS: Readonly<Record<string, number>> = {
  ONRUSH_USAGE: 400,
  ONRUSH_SCENARIO_INVALID: 422,
  ONRUSH_SCENARIO_UNREADABLE: 422,
  ONRUSH_TARGET_FORBIDDEN: 403,
  ONRUSH_COMMAND_FORBIDDEN: 403,
  ONRUSH_LIMITS_TOO_LOW: 409,
  ONRUSH_BUS_UNREACHABLE: 503,
  ONRUSH_COORDINATOR_TAKEN: 503,
  ONRUSH_BUSY: 503,
  ONRUSH_RUN_DIRECTORY: 500,
};

/** fastify's own refusals (too large, wrong type, too many) say their status; only client errors are shown. */
function statusOf(error: unknown): number | null {
  const { statusCode } = error as { readonly statusCode?: unknown };
  return typeof statusCode === "number" && statusCode >= 400 && statusCode < 500
    ? statusCode
    : null;
}

function titleOf(status: number): string {
  return STATUS_CODES[status] ?? "Error";
}
