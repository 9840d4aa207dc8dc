/** What came of the episodes as a table in Markdown. Used by main.ts. Pure. */
import type { Outcome } from "./episode.ts";

const HEAD = [
  ...["what happens in mid-run", "broker", "runs", "wrong numbers", "every count equal"],
  ...["rest bounded or invalid, cause given", "workers lost", "most seconds disturbed", "longest"],
];

export function markdownOf(outcomes: readonly Outcome[]): string {
  const rows = [HEAD];
  for (const row of distinct(outcomes.map((one) => one.row))) {
    for (const broker of distinct(outcomes.map((one) => one.broker))) {
      const of = outcomes.filter((one) => one.row === row && one.broker === broker);
      if (of.length > 0) rows.push([row, broker, ...cellsOf(of)]);
    }
  }
  const widths = HEAD.map((_, at) => Math.max(...rows.map((cells) => cells[at]?.length ?? 0)));
  const lines = rows.map(
    (cells) => `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |`,
  );
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return `${[lines[0], rule, ...lines.slice(1)].join("\n")}\n`;
}

function cellsOf(of: readonly Outcome[]): string[] {
  const count = (holds: (one: Outcome) => boolean) => String(of.filter(holds).length);
  const most = (value: (one: Outcome) => number) => Math.max(...of.map(value));
  return [
    String(of.length),
    count(({ wrong }) => wrong.length > 0),
    count(({ wrong, exact }) => wrong.length === 0 && exact),
    count(({ wrong, exact }) => wrong.length === 0 && !exact),
    String(of.reduce((sum, { lostWorkers }) => sum + lostWorkers, 0)),
    String(most(({ disturbedSeconds }) => disturbedSeconds)),
    `${most(({ struckSeconds }) => struckSeconds).toFixed(1)} s`,
  ];
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)];
}
