/**
 * A diagnosis as text: findings, how many connections that makes, what limits them, and the commands that help.
 * Called by the doctor command. Pure. Invariant: whatever a target said is escaped.
 */
import type { Capacity, Diagnosis } from "../../doctor/doctor.ts";
import { formatCount } from "../../report/text/format.ts";
import { escapeForTerminal } from "./escape.ts";
import type { Style } from "./style.ts";
import { LABEL } from "./table.ts";

const MARKS = { ok: "✓", warn: "!", fail: "✗" } as const;
/** Other limits that are named beside the least. */
const FURTHER = 3;

export function doctorText(diagnosis: Diagnosis, style: Style): string {
  const paint = { ok: style.green, warn: style.yellow, fail: style.red };
  const lines = diagnosis.checks.flatMap(({ name, status, text, remedies }) => [
    `${paint[status](MARKS[status])} ${name.padEnd(LABEL)}${escapeForTerminal(text, 400)}`,
    ...remedies.map((remedy) => `  ${" ".repeat(LABEL)}fix: ${escapeForTerminal(remedy, 400)}`),
  ]);
  for (const capacity of diagnosis.capacities) lines.push("", ...capacityLines(capacity, style));
  lines.push("", verdict(diagnosis, style));
  return `${lines.join("\n")}\n`;
}

function capacityLines({ place, limits }: Capacity, style: Style): string[] {
  const [least, ...others] = limits;
  if (least === undefined) return [];
  const whose =
    place === "the workers of the bus"
      ? "The workers of the bus can hold"
      : "This machine can hold";
  const whereTo = place === "the workers of the bus" ? "" : ` to a target on ${place}`;
  const number = style.bold(`${formatCount(least.connections)} connections`);
  const further = others
    .slice(0, FURTHER)
    .map(({ what, connections }) => `${what} at ${formatCount(connections)}`);
  return [
    `${whose} about ${number}${whereTo}.`,
    `  limited by    ${least.what}: ${least.basis}`,
    ...(further.length === 0 ? [] : [`  then          ${further.join(", ")}`]),
    ...least.remedies.map((remedy) => `  to raise it   ${remedy}`),
  ];
}

function verdict({ checks, fit }: Diagnosis, style: Style): string {
  const failed = checks.filter(({ status }) => status === "fail").map(({ name }) => name);
  const warned = checks.filter(({ status }) => status === "warn").length;
  if (!fit) return style.red(`✗ This would stop a run: ${[...new Set(failed)].join(", ")}.`);
  const but = warned === 0 ? "" : ` (${warned} to look at)`;
  return style.green(`✓ Nothing here would stop a run${but}.`);
}
