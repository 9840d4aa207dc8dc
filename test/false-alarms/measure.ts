/**
 * How often a test alarms where there is nothing to find, and the table of it in docs/methods.md. Called by main.ts and false-alarms.test.ts.
 * Invariant: the same code gives the same figures.
 */
import { readFileSync, writeFileSync } from "node:fs";
import type { NullCase } from "./null-case.ts";

/** Of neighbouring seconds. */
const CORRELATIONS = [0, 0.5, 0.8] as const;
/** Beyond the nominal share, what is still taken for the promise kept. */
export const TOLERANCE = 0.02;
const DOCUMENT = "docs/methods.md";
const BEGIN = "<!-- false alarms: made by npm run false-alarms; do not edit -->\n";
const END = "<!-- end of false alarms -->\n";

interface Measured {
  readonly of: NullCase;
  /** Share of the simulations that alarmed, by correlation. */
  readonly alarms: readonly number[];
}

export function measure(of: NullCase): Measured {
  const alarms = CORRELATIONS.map((correlation) => {
    let alarmed = 0;
    for (let simulation = 0; simulation < of.simulations; simulation++) {
      if (of.isAlarm(simulation, correlation)) alarmed++;
    }
    return alarmed / of.simulations;
  });
  return { of, alarms };
}

/** Columns as wide as their widest cell, as the formatter has them. */
export function tableOf(measured: readonly Measured[]): string {
  const rows = measured.map(({ of, alarms }) => [
    of.test,
    of.about,
    `[\`${of.symbol}\`](../${of.file})`,
    percent(of.nominal),
    ...alarms.map(percent),
    `3 x ${of.simulations}`,
  ]);
  const head = ["test", "simulated", "code", "nominal"];
  const all = [[...head, ...CORRELATIONS.map((one) => `r = ${one}`), "simulations"], ...rows];
  const widths = (all[0] ?? []).map((_, at) => Math.max(...all.map((row) => row[at]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |`;
  const [first = [], ...body] = all;
  const rule = line(widths.map((width) => "-".repeat(width)));
  return [line(first), rule, ...body.map(line)].join("\n");
}

export function percent(share: number): string {
  return `${Number((100 * share).toFixed(1))} %`;
}

/** The table as the document has it. @throws Error when it has no place for one */
export function tableInDocument(): string {
  const text = readFileSync(DOCUMENT, "utf8");
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`${DOCUMENT} has no place for false alarms`);
  return text.slice(from + BEGIN.length, to).trim();
}

export function writeTable(table: string): void {
  const text = readFileSync(DOCUMENT, "utf8");
  writeFileSync(
    DOCUMENT,
    text.replace(`${BEGIN}\n${tableInDocument()}\n`, () => `${BEGIN}\n${table}\n`),
  );
}
