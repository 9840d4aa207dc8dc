/**
 * All places that a scenario's load goes to: its targets, where its HTTP steps ahead of a connection go, and what it reads. Called by whoever
 * holds them against a list of allowed targets. Pure.
 */
import { rolesOf } from "./names.ts";
import type { StrictScenario } from "./strict.ts";
import type { StrictStep } from "./strict-conversation.ts";

export type HttpStep = Extract<StrictStep, { kind: "http" }>;

/** HTTP steps of a role, in their order; they stand in `before` alone. */
export function httpStepsOf(scenario: StrictScenario, role: number): readonly HttpStep[] {
  const before = rolesOf(scenario)[role]?.flow?.before ?? [];
  return before.filter((step) => step.kind === "http");
}

/** Each once. */
export function destinationsOf(
  scenario: StrictScenario,
): readonly { readonly url: string; readonly isHttp: boolean }[] {
  const steps = rolesOf(scenario).flatMap((_, role) => httpStepsOf(scenario, role));
  const urls = (of: readonly { readonly url: string }[], isHttp: boolean) =>
    [...new Set(of.map(({ url }) => url))].map((url) => ({ url, isHttp }));
  // What faults call is held against the same list.
  const pages = scenario.observe?.metrics ?? [];
  const calls = scenario.outside.flatMap(({ act }) => (act.kind === "call" ? [act] : []));
  return [...urls(scenario.targets, false), ...urls([...steps, ...calls, ...pages], true)];
}
