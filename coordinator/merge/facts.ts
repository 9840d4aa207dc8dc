/**
 * What a run is, fixed before it starts: the journal's header and the first thing every fold needs. Made by
 * plan/plan.ts, read back by report/rebuild.ts. Invariant: holds no secret; it is enough, together with
 * frames and events, to rebuild every result.
 */
import { OnrushError } from "../../shared/errors.ts";
import { completed } from "../../shared/scenario/defaults.ts";
import { createMask, MASK } from "../../shared/scenario/mask/mask.ts";
import { actionKindOf } from "../../shared/scenario/sections/checkpoints/registry.ts";
import { ruleKindOf } from "../../shared/scenario/sections/environment/registry.ts";
import { outsideKindOf } from "../../shared/scenario/sections/faults/outside/registry.ts";
import { type FaultAct, faultKindOf } from "../../shared/scenario/sections/faults/registry.ts";
import { withoutValues } from "../../shared/scenario/shape/request.ts";
import type { StrictScenario, StrictSend } from "../../shared/scenario/strict.ts";
import type { StrictEnvironmentRule } from "../../shared/scenario/strict-beside.ts";
import type {
  StrictForm,
  StrictRole,
  StrictStep,
} from "../../shared/scenario/strict-conversation.ts";
import type { StrictObserve } from "../../shared/scenario/strict-observe.ts";
import { type CounterLists, counterListsSchema } from "../../shared/wire/frame/counter-lists.ts";

export interface RunFacts {
  readonly schema: 1;
  readonly run: string;
  readonly planHash: string;
  /** Of what two runs must share to be compared: the plan without names, targets, secrets, thresholds and outputs. */
  readonly loadHash: string;
  /** N: all global connection indices are below it. */
  readonly connections: number;
  /** Opens by plan: a connection the plan closes and opens again counts twice; reconnects do not count. */
  readonly plannedOpens: number;
  /** S. */
  readonly shards: number;
  readonly durationUs: number;
  readonly drainUs: number;
  /** Planned concurrency at the end of each second of the plan. */
  readonly plannedOpen: readonly number[];
  /** Milliseconds since the Unix epoch. */
  readonly createdWallMs: number;
  readonly busKind: "ipc" | "redis" | "nats";
  /** What the run does about trouble that is not the target's. */
  readonly policies: {
    readonly onWorkerLoss: "recover" | "shrink" | "fail";
    readonly onBusLoss: "fence" | "continue";
  };
  readonly versions: { readonly onrush: string; readonly node: string; readonly wire: number };
  /** The dictionary of frames of the build that made the plan; journals without it have frames that name none. */
  readonly counters?: CounterLists;
  /** The command that started the run, values that may be secret masked; journals before it lack it. */
  readonly command?: readonly string[];
  /** Without secrets, data, environment, header values and TLS material: see redactScenario. */
  readonly scenario: StrictScenario;
}

/** Facts a fold cannot do without; the rest was checked where it was made and lies behind a checksum. */
const NUMBERS = ["connections", "plannedOpens", "shards", "durationUs", "drainUs"] as const;

/** Of journals written before there were policies: any lost worker made the run invalid. */
const POLICIES_BEFORE: RunFacts["policies"] = { onWorkerLoss: "fail", onBusLoss: "fence" };

/** The header of a journal. @throws OnrushError ONRUSH_JOURNAL_CORRUPT when it is none. */
export function readFacts(header: unknown): RunFacts {
  const facts = header as RunFacts;
  const sane =
    typeof header === "object" &&
    header !== null &&
    facts.schema === 1 &&
    NUMBERS.every((name) => Number.isFinite(facts[name])) &&
    Array.isArray(facts.plannedOpen) &&
    Array.isArray(facts.scenario?.phases) &&
    Array.isArray(facts.scenario.thresholds) &&
    counterListsSchema.optional().safeParse(facts.counters).success;
  if (sane) {
    // Journals of older versions have no policies and no hash of the load.
    const { policies = POLICIES_BEFORE, loadHash = facts.planHash } = facts as Partial<RunFacts>;
    return { ...facts, policies, loadHash, scenario: completed(facts.scenario) };
  }
  throw new OnrushError({
    code: "ONRUSH_JOURNAL_CORRUPT",
    message: "The journal's header is not one this version can read.",
    remedy: "Read it with the version of Onrush that wrote it.",
  });
}

/**
 * The scenario as it may lie on disk: what reports need. Everything that commonly carries a secret is left out
 * (variables, environment, data, header values, TLS material, payloads, what else is called and stale tokens), and the rest is masked.
 */
export function redactScenario(scenario: StrictScenario): StrictScenario {
  const lean: StrictScenario = {
    ...scenario,
    vars: {},
    env: {},
    secrets: [],
    data: {},
    ...redacted(scenario),
    hooks: scenario.hooks && { ...scenario.hooks, source: "" },
    faults: scenario.faults.map((one) => ({ ...one, act: redactedAct(one.act) })),
    outside: scenario.outside.map((one) => {
      return { ...one, act: outsideKindOf(one.act.kind).redacted(one.act) };
    }),
    ...redactedBeside(scenario),
    roles: scenario.roles.map((role) => ({ ...role, ...redacted(role) })),
    ...(scenario.observe && { observe: redactedObserve(scenario.observe) }),
  };
  return masked(lean, createMask(scenario.secrets)) as StrictScenario;
}

/** What a fault does, as it may lie on disk. */
export function redactedAct(act: FaultAct): FaultAct {
  return faultKindOf(act.kind).redacted?.(act) ?? act;
}

/** What is picked stays: frames carry its positions. */
function redactedObserve({ ladder, metrics }: StrictObserve): StrictObserve {
  return {
    ladder: ladder && { ...ladder, echo: ladder.echo && MASK },
    metrics: metrics.map((page) => ({ ...page, url: "" })),
  };
}

/** What the coordinator does beside the load; nothing where the scenario has nothing of the kind. */
function redactedBeside({ checkpoints, environment, cleanup }: StrictScenario) {
  const rules = (list: readonly StrictEnvironmentRule[]) =>
    list.map((rule) => ({ ...rule, act: ruleKindOf(rule.act.kind).redacted(rule.act) }));
  return {
    ...(checkpoints && {
      checkpoints: checkpoints.map((one) => ({
        ...one,
        actions: one.actions.map((act) => actionKindOf(act.kind).redacted(act)),
      })),
    }),
    ...(environment && {
      environment: { before: rules(environment.before), after: rules(environment.after) },
    }),
    ...(cleanup && {
      cleanup: cleanup.map((one) => ({
        ...one,
        act: outsideKindOf(one.act.kind).redacted(one.act),
      })),
    }),
  };
}

/** The parts that the top level and each role have. */
function redacted({
  answers,
  connect,
  flow,
  messages,
}: Pick<StrictRole, "answers" | "connect" | "flow" | "messages">) {
  return {
    flow: flow && {
      before: flow.before.map(redactedStep),
      open: flow.open.map(redactedStep),
      loops: flow.loops.map(({ name, steps }) => ({ name, steps: steps.map(redactedStep) })),
      close: flow.close.map(redactedStep),
    },
    connect: {
      ...connect,
      headers: withoutValues(connect.headers),
      tls: { ...connect.tls, ca: null, cert: null, key: null },
    },
    answers: answers.map((answer) => ({ ...answer, send: withoutPayload(answer.send) })),
    messages: messages && {
      ...messages,
      mix: messages.mix.map((message) => ({ ...message, send: withoutPayload(message.send) })),
    },
  };
}

function redactedStep(step: StrictStep): StrictStep {
  switch (step.kind) {
    case "send":
      return { ...step, send: withoutPayload(step.send) };
    case "http":
      return {
        ...step,
        url: "",
        headers: withoutValues(step.headers),
        body: step.body && withoutBody(step.body),
      };
    case "repeat":
      return { ...step, steps: step.steps.map(redactedStep) };
    case "choose":
      return {
        ...step,
        branches: step.branches.map((branch) => ({
          ...branch,
          steps: branch.steps.map(redactedStep),
        })),
      };
    default:
      return step;
  }
}

function withoutBody(body: StrictSend | StrictForm): StrictSend | StrictForm {
  return body.kind === "form" ? { kind: "form", fields: [] } : withoutPayload(body);
}

function withoutPayload(send: StrictSend): StrictSend {
  switch (send.kind) {
    case "text":
      return { kind: "text", text: "" };
    case "json":
      return { kind: "json", value: null };
    case "bytes":
      return { kind: "bytes", base64: "" };
    case "binary":
      return send;
  }
}

/**
 * What of a scenario makes its load: without names, targets, thresholds, availability, rules of the environment, clean-up, outputs and
 * what is observed beside it, and without the values of secrets and of environment variables, which a reader of the hash could try. Without
 * the rows of its data, too, which are large.
 */
export function loadOf(scenario: StrictScenario): object {
  const { name: _, targets: _1, thresholds: _2, outputs: _3, data: _4, ...rest } = scenario;
  const { secrets, env, availability: _5, observe: _6, environment: _7, ...others } = rest;
  const { cleanup: _8, ...load } = others;
  return masked({ ...load, env: Object.keys(env).sort() }, createMask(secrets)) as object;
}

function masked(value: unknown, mask: (text: string) => string): unknown {
  if (typeof value === "string") return mask(value);
  if (Array.isArray(value)) return value.map((item) => masked(item, mask));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, masked(item, mask)]));
}

/** A phase's stretch of run time. */
export interface PhaseSpan {
  readonly phase: string;
  readonly index: number;
  readonly excluded: boolean;
  readonly fromUs: number;
  readonly toUs: number;
}

export function phaseSpans(scenario: StrictScenario): readonly PhaseSpan[] {
  let fromUs = 0;
  return scenario.phases.map((phase, index) => {
    const span = {
      phase: phase.phase,
      index,
      excluded: phase.exclude,
      fromUs,
      toUs: fromUs + phase.durationUs,
    };
    fromUs = span.toUs;
    return span;
  });
}

/** The phase a second of run time begins in; the last one for the drain, null before the start. */
export function phaseAt(spans: readonly PhaseSpan[], atUs: number): PhaseSpan | null {
  if (atUs < 0) return null;
  return spans.find((span) => atUs < span.toUs) ?? spans.at(-1) ?? null;
}
