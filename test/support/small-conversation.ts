/** Conversations with small services: the load, the run, and what every judgement begins with. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { Summary } from "../../coordinator/report/summary-schema.ts";
import { runScenario, scratch } from "./programs.ts";

/** Connections there are. */
export const N = 5;
const LOAD = [
  { phase: "open", ramp: "linear", to: N, over: "200ms", messages: 0 },
  { phase: "talk", hold: "2s" },
  { phase: "rest", hold: "1s", messages: 0 },
];
/** The same, with a time after it in which late replies come. */
export const LONG_REST = [...LOAD.slice(0, 2), { phase: "rest", hold: "5s", messages: 0 }];
/** For what comes at once. */
export const PATIENT = "5s";

/**
 * Runs it; books that balance are part of every judgement.
 * @param files that it names
 */
export async function played(
  scenario: object,
  args: readonly string[] = [],
  files: Readonly<Record<string, string>> = {},
): Promise<Summary> {
  using folder = scratch();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder.path, name), text);
  const given = { load: LOAD, ...scenario };
  const { summary, stderr } = await runScenario(given, folder.path, { args });
  if (summary === null) throw new Error(stderr);
  expect(summary.validity.ledger, stderr).toEqual({ balanced: true, differences: {} });
  return summary;
}

/** A mix of one message, `say`. */
export function talk(message: object, rate = "5/s"): object {
  return { rate, mix: [{ name: "say", ...message }] };
}

/** Counts of a step that never failed. */
export function all(count: number): object {
  return { started: count, completed: count, failed: 0, abandoned: 0 };
}
