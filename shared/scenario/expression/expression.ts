/**
 * The one door to CEL, the Common Expression Language. Called by templates (placeholders) and by message-expression.ts.
 * Invariants: only own properties are read; a field that is missing makes an expression "not applicable" (null), never
 * an error.
 */
import { type ASTNode, Environment, ParseError, type TypeCheckResult } from "@marcbachmann/cel-js";
import { didYouMean } from "../suggest.ts";
import { type CostedNode, countSteps, MAX_STEPS, meter } from "./expression-cost.ts";
import { ExpressionError } from "./expression-error.ts";
import { Reads } from "./expression-reads.ts";
import { FUNCTIONS } from "./functions.ts";

/** CEL types a variable may be declared as. Integers are bigint in JavaScript. */
export type VariableType = "dyn" | "map" | "int" | "double" | "string" | "bool";
export type Variables = Readonly<Record<string, VariableType>>;

/** Expressions come from the scenario, but cost is per message: keep them small. */
export const MAX_EXPRESSION_CHARS = 2000;
const LIMITS = { maxAstNodes: 500, maxDepth: 32, maxListElements: 200, maxMapEntries: 100 };

export interface Expression {
  readonly source: string;
  /** CEL's name of the result type; "dyn" when it is not known before evaluation. */
  readonly type: string;
  /** Variables it reads. */
  readonly variables: ReadonlySet<string>;
  /** The paths it reads, e.g. ["vars", "room"]; as far as they are literal. */
  readonly paths: readonly (readonly string[])[];
  /** Paths of which it reads a part that is not known before: ["vars"] for vars[data.users.key]. */
  readonly openPaths: readonly (readonly string[])[];
  /**
   * Value for the variables in `context`; null when a field is missing or the operation is not defined
   * for the values it meets (also division by zero), or when it takes more than MAX_STEPS. Integers are bigint. Never
   * throws for data.
   */
  evaluate(context: Record<string, unknown>): unknown;
  /** The last evaluation took more than MAX_STEPS. */
  readonly exceeded: boolean;
  /** What the last evaluation took. */
  readonly steps: number;
}

function makeEnvironment(): Environment {
  const environment = new Environment({ homogeneousAggregateLiterals: false, limits: LIMITS });
  // Numbers from JSON are doubles, literals are ints: without these, `m.n + 1` would not apply.
  const mixed: Readonly<Record<string, (a: number, b: number) => number>> = {
    "+": (a, b) => a + b,
    "-": (a, b) => a - b,
    "*": (a, b) => a * b,
    "/": (a, b) => a / b,
    "%": (a, b) => a % b,
  };
  for (const [operator, compute] of Object.entries(mixed)) {
    const handler = (a: number | bigint, b: number | bigint) => compute(Number(a), Number(b));
    environment.registerOperator(`double ${operator} int`, handler);
    environment.registerOperator(`int ${operator} double`, handler);
  }
  environment.registerOperator("double % double", (a: number, b: number) => a % b);
  for (const [signature, compute] of Object.entries(FUNCTIONS)) {
    environment.registerFunction(signature, compute);
  }
  return environment;
}

/** Making an environment is slow, and the sets of variables are few. */
const environments = new Map<string, Environment>();

function environmentFor(variables: Variables): Environment {
  const key = JSON.stringify(variables);
  let environment = environments.get(key);
  if (environment === undefined) {
    environment = makeEnvironment();
    for (const [name, type] of Object.entries(variables)) environment.registerVariable(name, type);
    environments.set(key, environment);
  }
  return environment;
}

/**
 * Compiles and type-checks `source` over the given variables.
 * @throws ExpressionError with the position in `source`.
 */
export function compileExpression(source: string, variables: Variables): Expression {
  return compileWithTree(source, variables).expression;
}

/** As compileExpression; with the syntax tree, for fast paths. */
export function compileWithTree(
  source: string,
  variables: Variables,
): { expression: Expression; ast: ASTNode } {
  if (source.length > MAX_EXPRESSION_CHARS) {
    throw new ExpressionError(
      `the expression is longer than ${MAX_EXPRESSION_CHARS} characters`,
      0,
      "",
    );
  }
  if (source.trim() === "") throw new ExpressionError("the expression is empty", 0, "");
  const run = parse(source, variables);
  const reads = new Reads();
  reads.visit(run.ast);
  const checked = run.check();
  if (checked.error !== undefined) throw explain(checked.error, source, variables);
  countSteps(run.ast as unknown as CostedNode);
  const expression = {
    source,
    type: checked.type ?? "dyn",
    variables: reads.names,
    paths: reads.paths,
    openPaths: reads.openPaths,
    exceeded: false,
    steps: 0,
    evaluate: (context: Record<string, unknown>) => {
      let value: unknown = null;
      meter.begin();
      // Whatever goes wrong here is due to the data, which the target chose: it must not end an engine.
      try {
        value = run(context);
      } catch {
        value = null;
      }
      expression.exceeded = meter.exhausted;
      expression.steps = MAX_STEPS - meter.left;
      return expression.exceeded ? null : value;
    },
  };
  return { expression, ast: run.ast };
}

function explain(
  error: NonNullable<TypeCheckResult["error"]>,
  source: string,
  variables: Variables,
): ExpressionError {
  const offset = error.range?.start ?? 0;
  if (error.code !== "unknown_variable") return new ExpressionError(error.summary, offset, "");
  const name = /^\w+/.exec(source.slice(offset))?.[0] ?? "";
  const hint = didYouMean(name, Object.keys(variables));
  return new ExpressionError(`unknown name ${name}`, offset, hint);
}

function parse(source: string, variables: Variables) {
  try {
    return environmentFor(variables).parse(source);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    const offset = Math.min(error.range?.start ?? 0, source.length);
    throw new ExpressionError(`not a valid expression: ${error.summary}`, offset, "");
  }
}
