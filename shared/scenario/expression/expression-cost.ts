/**
 * What evaluating an expression costs, counted while it is evaluated: every node of its syntax tree is a step, and what an
 * operation does inside (comparing lists, joining texts, searching) costs steps by the size of what it works on. Called by
 * expression.ts, with the tree that CEL has parsed and checked. Invariant: no evaluation goes on for more than MAX_STEPS and
 * the one operation in which they ran out, and that one is bounded before it begins.
 */
import { assert } from "../../assert.ts";
import { compilePattern, type Pattern } from "./pattern.ts";

/** Steps of one evaluation; about 2 ms. A list of 2,000 with a comparison for each fits. */
export const MAX_STEPS = 20_000;

/** Characters that are as much work as a step: to compare or copy, and to walk over one by one. */
const COPIED = 64;
const WALKED = 16;
/** Characters of JSON that are as much work as a step, to make values of them. */
const PARSED = 4;
/** Items of a list or map that are as much work as a step. */
const ITEMS = 8;
/** Instructions of a pattern, times characters, that are as much work as a step. */
const PATTERN_WORK = 10;
/** A call that makes a calendar of a time zone. */
const TIME_ZONE_STEPS = 1000;
/** A missing field, or an operation that is not defined: for each node it passes through. */
const ERROR_STEPS = 20;
/** Longer texts are no durations; parsing them takes more than linear time. */
const MAX_DURATION_CHARS = 64;
/** Text that is searched for: beyond this many characters a search may start over for each. */
const SEARCHED = 256;

type Evaluate = (evaluator: unknown, node: unknown, context: unknown) => unknown;
type Handle = (...args: unknown[]) => unknown;

/** What is used of a node of the tree; `alternate` and `macro` are what a macro such as all() became. */
export interface CostedNode {
  readonly op: string;
  readonly args: unknown;
  readonly meta: {
    readonly evaluate: Evaluate;
    readonly alternate?: CostedNode;
    readonly macro?: { readonly evaluate: Evaluate };
  };
  evaluate: Evaluate;
  handle?: Handle;
}

/** What is left of the evaluation that goes on; there is one at a time. */
class Meter {
  left = 0;
  exhausted = false;

  begin(): void {
    this.left = MAX_STEPS;
    this.exhausted = false;
  }

  charge(steps: number): void {
    this.left -= steps;
    if (this.left < 0) {
      this.exhausted = true;
      throw EXHAUSTED;
    }
  }
}

/** CEL may catch it (|| and all() go on after errors); whatever is evaluated next throws it again. */
const EXHAUSTED = new Error("the expression takes too many steps");
/** `begin` before an evaluation; `exhausted` after it says whether it was too much. */
export const meter = new Meter();

/** Has every node below `root` count its steps. Once per tree, after CEL has checked it. */
export function countSteps(root: CostedNode): void {
  assert(typeof root.meta.evaluate === "function", "a syntax tree of a known form");
  const seen = new Set<unknown>();
  const walk = (value: unknown): void => {
    if (typeof value !== "object" || value === null || seen.has(value)) return;
    seen.add(value);
    if (isNode(value)) {
      count(value);
      walk(value.args);
      walk(value.meta.alternate);
      walk(value.meta.macro);
    } else if (Array.isArray(value)) value.forEach(walk);
    else if (Object.getPrototypeOf(value) === Object.prototype) Object.values(value).forEach(walk);
  };
  walk(root);
}

function isNode(value: object): value is CostedNode {
  return "op" in value && "meta" in value && "evaluate" in value;
}

function count(node: CostedNode): void {
  const { alternate, macro, evaluate } = node.meta;
  const target = alternate ?? macro ?? node;
  const resolved: Evaluate =
    alternate === undefined
      ? (macro?.evaluate ?? evaluate)
      : (evaluator, _, context) => alternate.evaluate(evaluator, alternate, context);
  node.evaluate = (evaluator, _, context) => {
    meter.charge(1);
    try {
      return resolved.call(target, evaluator, target, context);
    } catch (error) {
      meter.charge(ERROR_STEPS);
      throw error;
    }
  };
  const { handle } = node;
  if (handle === undefined) return;
  const before = COSTS[node.op];
  if (node.op === "comprehension") stopEarly(node.args as { condition?: Condition });
  if (node.op === "call" || node.op === "rcall") node.handle = countedCall(node, handle);
  else if (before !== undefined) {
    node.handle = (...args) => {
      meter.charge(before(args[0], args[1]));
      return handle.apply(node, args);
    };
  }
}

type Condition = (soFar: unknown) => boolean;

/** all() and exists() keep an error for later and go on with the next item: not with this one. */
function stopEarly(loop: { condition?: Condition }): void {
  const { condition } = loop;
  if (condition === undefined) return;
  loop.condition = (soFar) => !meter.exhausted && condition(soFar);
}

/** Of binary operators and loops, by what they are given. */
const COSTS: Readonly<Record<string, (left: unknown, right: unknown) => number>> = {
  "==": comparison,
  "!=": comparison,
  in: (item, list) =>
    typeof item === "object" && item !== null ? deepSize(list) : sizeOf(list, COPIED),
  "+": (left, right) => sizeOf(left, COPIED) + sizeOf(right, COPIED),
  "<": comparison,
  "<=": comparison,
  ">": comparison,
  ">=": comparison,
  comprehension: (items) => (Array.isArray(items) ? 0 : sizeOf(items, COPIED)),
};

function comparison(left: unknown, right: unknown): number {
  if (typeof left === "string" && typeof right === "string") {
    return Math.min(left.length, right.length) / COPIED;
  }
  return typeof left === "object" && typeof right === "object"
    ? Math.min(deepSize(left), deepSize(right))
    : 0;
}

/** Steps for everything in a value, of bytes by their length; counting stops when more than what is left were found. */
function deepSize(value: unknown): number {
  const open: unknown[] = [value];
  let steps = 0;
  while (open.length > 0 && steps <= meter.left) {
    const next = open.pop();
    steps += 1 + sizeOf(next, COPIED);
    if (typeof next === "object" && next !== null && !ArrayBuffer.isView(next)) {
      for (const item of Object.values(next)) open.push(item);
    }
  }
  return steps;
}

function sizeOf(value: unknown, charsPerStep: number): number {
  if (typeof value === "string") return value.length / charsPerStep;
  if (typeof value !== "object" || value === null) return 0;
  if (ArrayBuffer.isView(value)) return value.byteLength / charsPerStep;
  return (Array.isArray(value) ? value.length : Object.keys(value).length) / ITEMS;
}

/** Functions and methods: by the size of what they are given, and of what they give. */
function countedCall(node: CostedNode, handle: Handle): Handle {
  const [name, ...rest] = node.args as [string, ...unknown[]];
  const pattern = name === "matches" ? patternOf(rest.at(-1)) : null;
  return (...args) => {
    const given = args[0] as unknown[];
    if (pattern !== null && typeof given[0] === "string") {
      meter.charge((given[0].length * pattern.size) / PATTERN_WORK);
      return pattern.test(given[0]);
    }
    meter.charge(callSteps(name, given));
    const value = handle.apply(node, args);
    meter.charge(sizeOf(value, COPIED));
    return value;
  };
}

function callSteps(name: string, given: readonly unknown[]): number {
  let steps = 0;
  for (const value of given) steps += sizeOf(value, WALKED);
  const [first, second] = given;
  const isText = typeof first === "string" && typeof second === "string";
  if (name === "join" && Array.isArray(first)) {
    const between = typeof second === "string" ? second.length : 0;
    for (const item of first) steps += sizeOf(item, COPIED) + between / COPIED;
  } else if (/^(contains|indexOf|lastIndexOf|split)$/.test(name) && isText) {
    steps += (first.length / COPIED) * (1 + second.length / SEARCHED);
  } else if (name === "duration" && typeof first === "string") {
    if (first.length > MAX_DURATION_CHARS) throw new Error("too long for a duration");
  } else if (name === "json") steps += sizeOf(first, PARSED);
  else if (name === "toJson") steps += deepSize(first) + sizeOf(first, PARSED);
  else if (name.startsWith("get") && given.length > 1) steps += TIME_ZONE_STEPS;
  return steps;
}

/** The compiled pattern of matches(), which is written as text. */
function patternOf(args: unknown): Pattern | null {
  const [first] = args as CostedNode[];
  return typeof first?.args === "string" ? compilePattern(first.args) : null;
}
