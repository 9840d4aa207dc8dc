/**
 * Expressions over a message: `where` (true or false of it) and readings (a value of it). Called by the checks and by the
 * worker, for every received message. Invariant: the fast paths, comparisons of fields and plain paths, give what CEL gives.
 */
import {
  type Conjunction,
  compileConjunction,
  compilePath,
  type FieldComparison,
} from "./conjunction.ts";
import { compileWithTree, type Expression, type Variables } from "./expression.ts";
import { ExpressionError } from "./expression-error.ts";

/**
 * Variables of an expression over a message: `m`, the parsed message; its `text` and `size` in bytes; `sent`, the message it
 * may answer; `conn`, the connection with what it has captured.
 */
export const MATCH_VARIABLES: Variables = {
  m: "dyn",
  text: "string",
  size: "int",
  sent: "dyn",
  conn: "map",
};

/** The rest of what an expression may read of a message; each is made when it is asked for. */
export interface MessageFacts {
  readonly text: string;
  readonly size: number;
  readonly conn: Readonly<Record<string, unknown>>;
}

const NO_FACTS: MessageFacts = { text: "", size: 0, conn: {} };

/** What CEL is given; one object an expression, so that nothing is made for each message. */
class MessageScope {
  readonly #variables: ReadonlySet<string>;
  readonly #scope: Record<string, unknown> = {};

  constructor(variables: ReadonlySet<string>) {
    this.#variables = variables;
  }

  evaluate(expression: Expression, m: unknown, sent: unknown, facts: MessageFacts): unknown {
    const scope = this.#scope;
    const reads = this.#variables;
    scope["m"] = m;
    scope["sent"] = sent ?? null;
    if (reads.has("text")) scope["text"] = facts.text;
    if (reads.has("size")) scope["size"] = BigInt(facts.size);
    if (reads.has("conn")) scope["conn"] = facts.conn;
    // A message that is not of the form that is read has no m.
    const value = m === undefined && reads.has("m") ? null : expression.evaluate(scope);
    for (const name in scope) scope[name] = null;
    return value;
  }
}

/** A compiled reply.where. */
export interface CompiledMatch {
  readonly source: string;
  /** Evaluated by plain property access, without CEL. */
  readonly fast: boolean;
  /** It is true when all of these are equal, and else it is not; null when it is not of that form. */
  readonly fields: readonly FieldComparison[] | null;
  /** True only when the expression is true; a missing field or a non-boolean is no match. */
  test(m: unknown, sent: unknown, facts?: MessageFacts): boolean;
  /** As test, but null when the expression is not applicable (a field is missing, or it takes too many steps). */
  judge(m: unknown, sent: unknown, facts?: MessageFacts): boolean | null;
  /** Variables it reads, and paths into them as far as they are literal. */
  readonly variables: ReadonlySet<string>;
  readonly paths: readonly (readonly string[])[];
  /** The last judgement took more than MAX_STEPS. */
  readonly exceeded: boolean;
  /** What the last judgement took; 0 on the fast path. */
  readonly steps: number;
}

class Match implements CompiledMatch {
  readonly source: string;
  readonly fast: boolean;
  readonly fields: readonly FieldComparison[] | null;
  readonly #expression: Expression;
  readonly #conjunction: Conjunction | null;
  readonly variables: ReadonlySet<string>;
  readonly paths: readonly (readonly string[])[];
  #byCel = false;
  readonly #scope: MessageScope;

  constructor(expression: Expression, conjunction: Conjunction | null) {
    this.source = expression.source;
    this.#expression = expression;
    this.#conjunction = conjunction;
    this.fast = conjunction !== null;
    this.fields = conjunction?.fields ?? null;
    this.variables = expression.variables;
    this.paths = expression.paths;
    this.#scope = new MessageScope(expression.variables);
  }

  get exceeded(): boolean {
    return this.#byCel && this.#expression.exceeded;
  }

  get steps(): number {
    return this.#byCel ? this.#expression.steps : 0;
  }

  test(m: unknown, sent: unknown, facts?: MessageFacts): boolean {
    return this.judge(m, sent, facts) === true;
  }

  judge(m: unknown, sent: unknown, facts: MessageFacts = NO_FACTS): boolean | null {
    const quick = this.#conjunction?.judge(m, sent);
    this.#byCel = quick === undefined;
    if (quick !== undefined) return quick;
    const value = this.#scope.evaluate(this.#expression, m, sent, facts);
    return value === null || value === undefined ? null : value === true;
  }
}

export interface MatchOptions {
  /** false: always CEL; what the fast path is compared with. */
  readonly fast: boolean;
}

/**
 * Compiles a reply.where over `m` and `sent`.
 * @throws ExpressionError when it does not compile, or cannot be true or false.
 */
export function compileMatch(where: string, options: MatchOptions = { fast: true }): CompiledMatch {
  const { expression, ast } = compileWithTree(where, MATCH_VARIABLES);
  if (expression.type !== "bool" && expression.type !== "dyn") {
    const hint = "compare something, e.g. m.id == sent.id";
    throw new ExpressionError(
      `the expression is not true or false but ${expression.type}`,
      0,
      hint,
    );
  }
  return new Match(expression, options.fast ? compileConjunction(ast) : null);
}

/** A compiled expression whose value is used: what is captured, who sent it, which scope it is in. */
export interface CompiledReading {
  readonly source: string;
  readonly variables: ReadonlySet<string>;
  /** Whole numbers are numbers; null when it is not applicable: a field is missing, or it takes too many steps. */
  read(m: unknown, sent: unknown, facts?: MessageFacts): unknown;
  /** The last reading took more than MAX_STEPS. */
  readonly exceeded: boolean;
}

/**
 * Compiles an expression over a message for its value. Paths such as `m.user.id` are read without CEL.
 * @throws ExpressionError when it does not compile
 */
export function compileReading(source: string): CompiledReading {
  const { expression, ast } = compileWithTree(source, MATCH_VARIABLES);
  const scope = new MessageScope(expression.variables);
  const path = compilePath(ast);
  return {
    source,
    variables: expression.variables,
    get exceeded() {
      return path === null && expression.exceeded;
    },
    read: (m, sent, facts = NO_FACTS) => {
      if (path !== null) return path.read(m, sent) ?? null;
      const value = scope.evaluate(expression, m, sent, facts);
      return typeof value === "bigint" ? Number(value) : (value ?? null);
    },
  };
}
