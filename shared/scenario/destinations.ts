/**
 * All places that a scenario goes to: its targets, where its HTTP steps ahead of a connection go, what it reads, and what the coordinator
 * calls. Called by whoever holds them against a list of allowed targets. Pure.
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
  const pages = scenario.observe?.metrics ?? [];
  const http = [...steps, ...calledIn(scenario), ...pages];
  return [...urls(scenario.targets, false), ...urls(http, true)];
}

/** What the coordinator calls is held against the same list: of faults, checkpoints, rules of the environment, and clean-up. */
function calledIn(scenario: StrictScenario): readonly { readonly url: string }[] {
  const { outside, checkpoints = [], environment, cleanup = [] } = scenario;
  const acts = [
    ...[...outside, ...cleanup].map(({ act }) => act),
    ...checkpoints.flatMap(({ actions }) => actions),
    ...[...(environment?.before ?? []), ...(environment?.after ?? [])].map(({ act }) => act),
  ];
  return acts.flatMap((act) => ("url" in act ? [act] : []));
}
