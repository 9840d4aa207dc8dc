/**
 * Checks the rules of `environment`: all of a list at once. Called by run/run.ts, before workers are given their parts, and when the load
 * is over. Invariant: what came of a rule is in the journal; one that was checked is not checked again by a coordinator that starts again.
 */
import { OnrushError } from "../../shared/errors.ts";
import { ruleKindOf } from "../../shared/scenario/sections/environment/registry.ts";
import type { OutsideResult } from "../../shared/scenario/sections/faults/outside/outside.ts";
import type { StrictEnvironmentRule } from "../../shared/scenario/strict-beside.ts";
import type { ActiveRun } from "../active-run/active-run.ts";
import { repeat } from "../active-run/bus-retry.ts";
import { lacksSecrets, SECRETS_LOST, tellable } from "../outside/hands.ts";
import { surroundingsOf } from "./surroundings.ts";

const MAX_NAMED = 3;

/**
 * Returns, too, when the end of the run was asked for.
 * @throws OnrushError ONRUSH_ENVIRONMENT_UNFIT when a rule does not hold that has to; ONRUSH_RUN_DIRECTORY
 */
export async function checkBefore(run: ActiveRun): Promise<void> {
  const rules = run.plan.document.scenario.environment?.before ?? [];
  if (rules.length === 0) return;
  await checkWhileHeeding(run, "before", rules);
  if (run.ending !== null) return;
  const told = run.log.fold.beside.rules.before;
  const broken = rules.flatMap(({ name, severity }, rule) => {
    const found = told.get(rule);
    return severity === "warning" || found?.ok === true ? [] : [`${name}: ${found?.outcome ?? ""}`];
  });
  if (broken.length === 0) return;
  const more = broken.length > MAX_NAMED ? `, and ${broken.length - MAX_NAMED} more` : "";
  throw new OnrushError({
    code: "ONRUSH_ENVIRONMENT_UNFIT",
    message: `The environment is not as environment.before of the scenario wants it: ${broken.slice(0, MAX_NAMED).join("; ")}${more}.`,
    remedy: "Fix it, or change the rule; severity: warning only says so.",
  });
}

/** Of a run that has had its load, and was not cut by hand. @throws OnrushError ONRUSH_RUN_DIRECTORY */
export async function checkAfter(run: ActiveRun): Promise<void> {
  const rules = run.plan.document.scenario.environment?.after ?? [];
  if (rules.length === 0 || !run.log.fold.began || run.ending === "abort") return;
  await checkAll(run, { when: "after", rules, signal: new AbortController().signal });
}

/** Somebody may want to end the run meanwhile. */
async function checkWhileHeeding(
  run: ActiveRun,
  when: "before",
  rules: readonly StrictEnvironmentRule[],
): Promise<void> {
  const over = new AbortController();
  let isChecked = false;
  const checking = checkAll(run, { when, rules, signal: over.signal }).finally(() => {
    isChecked = true;
    run.wake();
  });
  // It is awaited below, when it may have failed long before.
  checking.catch(() => {});
  try {
    await repeat(run, async () => {
      await run.applyCommands();
      if (run.ending !== null) over.abort();
      return isChecked ? true : null;
    });
  } finally {
    over.abort();
    await checking;
  }
}

interface Checking {
  readonly when: "before" | "after";
  readonly rules: readonly StrictEnvironmentRule[];
  readonly signal: AbortSignal;
}

async function checkAll(run: ActiveRun, { when, rules, signal }: Checking): Promise<void> {
  const { log } = run;
  const told = log.fold.beside.rules[when];
  await Promise.all(
    rules.map(async (one, rule) => {
      if (told.has(rule)) return;
      const result = tellable(run, await check(run, one, signal));
      // Of what was cut off because the run is to end, nobody knows.
      if (signal.aborted) return;
      log.event({ type: "environment-checked", when, rule, name: one.name, ...result });
    }),
  );
  await log.sync();
}

async function check(
  run: ActiveRun,
  { act, limitUs }: StrictEnvironmentRule,
  signal: AbortSignal,
): Promise<OutsideResult> {
  if (lacksSecrets(run, act)) return SECRETS_LOST;
  const surroundings = await surroundingsOf(run, { limitUs, signal });
  return ruleKindOf(act.kind).check(act, surroundings);
}
