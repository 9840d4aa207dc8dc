/**
 * Expressions over the answer of an HTTP step: what is captured of it. Called by the checks and by the worker, once a request.
 * Invariant: a reading of what an answer lacks is null, never an error.
 */
import { compileExpression, type Variables } from "./expression.ts";

const HTTP_VARIABLES: Variables = {
  body: "dyn",
  status: "int",
  headers: "map",
  cookies: "map",
  conn: "map",
};

/** An answer, as expressions see it. */
export interface HttpFacts {
  /** Parsed where it is JSON, else its text. */
  readonly body: unknown;
  readonly status: number;
  /** By name in lower case; several of a name are joined by commas. */
  readonly headers: Readonly<Record<string, string>>;
  /** Values of the cookies that it sets. */
  readonly cookies: Readonly<Record<string, string>>;
  readonly conn: Readonly<Record<string, unknown>>;
}

export interface HttpReading {
  readonly source: string;
  read(answer: HttpFacts): unknown;
}

/** @throws ExpressionError when it does not compile */
export function compileHttpReading(source: string): HttpReading {
  const expression = compileExpression(source, HTTP_VARIABLES);
  return {
    source,
    read: ({ body, status, headers, cookies, conn }) => {
      const scope = { body: body ?? null, status: BigInt(status), headers, cookies, conn };
      const value = expression.evaluate(scope);
      return typeof value === "bigint" ? Number(value) : (value ?? null);
    },
  };
}
