/**
 * The flows of a scenario as one flat program: rows of numbers, and tables of what they refer to. Compiled once per engine from
 * the strict scenario, run by flow-runner.ts. Invariant: each list ends with Op.end, and a jump leads to a row of its own list.
 */
import {
  type CompiledMatch,
  compileMatch,
} from "../../shared/scenario/expression/message-expression.ts";
import { namesOf, rolesOf } from "../../shared/scenario/names.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import type { StepPolicy, StrictStep } from "../../shared/scenario/strict-conversation.ts";
import type { CaptureList, Captures } from "../message/captures.ts";
import { NONE } from "../message/pending-table.ts";

/** How long a message without a reply is tried that a full socket does not take. */
const MAX_BLOCKED_US = 10_000_000;

/** What a row does; the meaning of its operands beside it. */
export const Op = {
  /** first: 1 when it waits for a reply. times: how long it tries. */
  send: 0,
  /** first: match, second: how many, third: captures or NONE. times: within. */
  expect: 1,
  /** first: match. times: for. */
  expectNot: 2,
  /** first: kind of wait. times: mean, or from and to. */
  wait: 3,
  /** times: within. */
  ping: 4,
  mark: 5,
  /** first: code. */
  close: 6,
  /** Begins a repetition. first: its level, second: how often or NONE. */
  repeat: 7,
  /** One more time, or on. first: level, second: match of until or NONE, third: the row behind the repetition. */
  again: 8,
  /** first: a table of choices. */
  choose: 9,
  /** first: the row. */
  jump: 10,
  end: 11,
} as const;
export type Op = (typeof Op)[keyof typeof Op];

export const Wait = { fixed: 0, exp: 1, uniform: 2 } as const;

/** What becomes of the list when a step fails. */
export const Policy = { close: 0, skip: 1, restart: 2 } as const;
export type Policy = (typeof Policy)[StepPolicy];

/** A row of code. */
export const ROW = 8;
export const Field = {
  op: 0,
  /** Position among the names of the scenario, or NONE. */
  name: 1,
  first: 2,
  second: 3,
  third: 4,
  policy: 5,
  /** 1: that it does not come is no failure. */
  optional: 6,
} as const;

export interface Choice {
  /** Running sums of the weights. */
  readonly weights: readonly number[];
  readonly rows: readonly number[];
}

/** Where the lists of a role begin; NONE for one without steps. */
export interface Entry {
  readonly open: number;
  readonly loops: readonly number[];
  readonly close: number;
}

export interface Program {
  readonly code: Int32Array;
  /** Two per row. */
  readonly times: Float64Array;
  readonly matches: readonly CompiledMatch[];
  readonly captures: readonly CaptureList[];
  readonly choices: readonly Choice[];
  /** By role. */
  readonly entries: readonly Entry[];
  /** Lists that a connection may be at side by side. */
  readonly threads: number;
  /** Repetitions inside one another. */
  readonly levels: number;
}

/** null: no role has steps on an open connection. */
export function compileFlows(scenario: StrictScenario, captures: Captures): Program | null {
  const compiler = new Compiler(scenario, captures);
  const entries = rolesOf(scenario).map(({ flow }, role): Entry => {
    return {
      open: compiler.list(flow?.open ?? [], role),
      loops: (flow?.loops ?? []).map(({ steps }) => compiler.list(steps, role)),
      close: compiler.list(flow?.close ?? [], role),
    };
  });
  const isEmpty = entries.every(({ open, loops, close }) => {
    return open === NONE && close === NONE && loops.length === 0;
  });
  return isEmpty ? null : compiler.program(entries);
}

type Row = readonly [op: Op, name?: number, first?: number, second?: number, third?: number];

class Compiler {
  readonly #captures: Captures;
  readonly #code: number[] = [];
  readonly #times: number[] = [];
  readonly #matches: CompiledMatch[] = [];
  readonly #lists: CaptureList[] = [];
  readonly #choices: { weights: number[]; rows: number[] }[] = [];
  /** By role and name: where it is among the names of the scenario. */
  readonly #positions = new Map<string, number>();
  #role = 0;
  #level = 0;
  #levels = 0;

  constructor(scenario: StrictScenario, captures: Captures) {
    this.#captures = captures;
    for (const [at, { kind, role, name }] of namesOf(scenario).entries()) {
      if (kind === "step" || kind === "wait") this.#positions.set(`${role} ${name}`, at);
    }
  }

  /** @returns where it begins */
  list(steps: readonly StrictStep[], role: number): number {
    if (steps.length === 0) return NONE;
    this.#role = role;
    const start = this.#next;
    this.#steps(steps);
    this.#row([Op.end]);
    return start;
  }

  program(entries: readonly Entry[]): Program {
    return {
      code: Int32Array.from(this.#code),
      times: Float64Array.from(this.#times),
      matches: this.#matches,
      captures: this.#lists,
      choices: this.#choices,
      entries,
      threads: Math.max(1, ...entries.map(({ loops }) => loops.length)),
      levels: this.#levels,
    };
  }

  get #next(): number {
    return this.#code.length / ROW;
  }

  #row([op, name = NONE, first = 0, second = 0, third = 0]: Row): number {
    this.#times.push(0, 0);
    return this.#code.push(op, name, first, second, third, Policy.skip, 0, 0) / ROW - 1;
  }

  #set(row: number, field: number, value: number): void {
    this.#code[row * ROW + field] = value;
  }

  #time(row: number, firstUs: number, secondUs = 0): void {
    this.#times[row * 2] = firstUs;
    this.#times[row * 2 + 1] = secondUs;
  }

  #match(source: string | null): number {
    return source === null ? NONE : this.#matches.push(compileMatch(source)) - 1;
  }

  #steps(steps: readonly StrictStep[]): void {
    for (const step of steps) this.#step(step);
  }

  #step(step: StrictStep): void {
    switch (step.kind) {
      case "repeat":
        this.#repeat(step);
        return;
      case "choose":
        this.#choose(step);
        return;
      case "wait": {
        const { wait } = step;
        const row = this.#row([Op.wait, NONE, Wait[wait.kind]]);
        if (wait.kind === "uniform") this.#time(row, wait.fromUs, wait.toUs);
        else this.#time(row, wait.meanUs);
        return;
      }
      case "close":
        this.#row([Op.close, NONE, step.code]);
        return;
      case "http":
        return;
      default:
        this.#named(step);
    }
  }

  #named(step: Extract<StrictStep, { kind: "send" | "expect" | "expectNot" | "ping" | "mark" }>) {
    const name = this.#positions.get(`${this.#role} ${step.name}`) as number;
    switch (step.kind) {
      case "mark":
        this.#row([Op.mark, name]);
        return;
      case "send": {
        const { reply } = step;
        const row = this.#row([Op.send, name, reply.match === "none" ? 0 : 1]);
        this.#time(row, reply.match === "none" ? MAX_BLOCKED_US : reply.withinUs);
        this.#set(row, Field.policy, Policy[step.onFail]);
        return;
      }
      case "expect": {
        const { capture, times } = step;
        const list =
          capture.length === 0 ? NONE : this.#lists.push(this.#captures.compile(capture)) - 1;
        const row = this.#row([Op.expect, name, this.#match(step.where), times, list]);
        this.#time(row, step.withinUs);
        this.#set(row, Field.policy, Policy[step.onFail]);
        this.#set(row, Field.optional, step.optional ? 1 : 0);
        return;
      }
      case "expectNot": {
        const row = this.#row([Op.expectNot, name, this.#match(step.where)]);
        this.#time(row, step.forUs);
        this.#set(row, Field.policy, Policy[step.onFail]);
        return;
      }
      case "ping": {
        const row = this.#row([Op.ping, name]);
        this.#time(row, step.withinUs);
        this.#set(row, Field.policy, Policy[step.onFail]);
      }
    }
  }

  #repeat({ times, until, steps }: Extract<StrictStep, { kind: "repeat" }>): void {
    const level = this.#level++;
    this.#levels = Math.max(this.#levels, this.#level);
    this.#row([Op.repeat, NONE, level, times ?? NONE]);
    const again = this.#row([Op.again, NONE, level, this.#match(until)]);
    this.#steps(steps);
    this.#row([Op.jump, NONE, again]);
    this.#set(again, Field.third, this.#next);
    this.#level--;
  }

  #choose({ branches }: Extract<StrictStep, { kind: "choose" }>): void {
    const choice = { weights: [] as number[], rows: [] as number[] };
    this.#row([Op.choose, NONE, this.#choices.push(choice) - 1]);
    const jumps: number[] = [];
    let sum = 0;
    for (const { weight, steps } of branches) {
      sum += weight;
      choice.weights.push(sum);
      choice.rows.push(this.#next);
      this.#steps(steps);
      jumps.push(this.#row([Op.jump]));
    }
    for (const jump of jumps) this.#set(jump, Field.first, this.#next);
  }
}
