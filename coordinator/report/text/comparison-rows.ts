/**
 * The rows of a comparison as words and numbers with units: what the terminal and the markdown for a pull request both
 * show. Pure. Invariant: what is not known is a dash, never a zero; figure, change, interval and margin share a unit.
 */
import { changeText } from "../../analysis/compare/change-text.ts";
import {
  COMPARED_VERDICTS,
  type ComparedRow,
  type ComparedVerdict,
  type CompareOutcome,
  type Comparison,
} from "../../analysis/compare/comparison.ts";

export const COMPARISON_HEAD = [
  "measure",
  "baseline",
  "candidate",
  "change",
  "95 % interval",
  "margin",
  "verdict",
] as const;

const NONE = "-";

export interface ShownRow {
  readonly verdict: ComparedVerdict;
  /** In the order of COMPARISON_HEAD. */
  readonly cells: readonly string[];
}

export function comparisonRows({ rows }: Comparison): readonly ShownRow[] {
  return rows.map((row) => ({
    verdict: row.verdict,
    cells: [
      row.measure,
      figureText(row.unit, row.a),
      figureText(row.unit, row.b),
      row.change === null ? NONE : changeText(row.unit, row.change),
      row.low === null || row.high === null
        ? NONE
        : `${changeText(row.unit, row.low)} to ${changeText(row.unit, row.high)}`,
      marginText(row),
      verdictText(row),
    ],
  }));
}

/** What decided, worst first: one sentence for each row that is not the same. */
export function decisiveRows({ rows }: Comparison, verdict: ComparedVerdict): readonly string[] {
  return rows
    .filter((row) => row.verdict === verdict)
    .map((row) => {
      const { unit, low, high, change } = row;
      const figures = `${figureText(unit, row.a)} to ${figureText(unit, row.b)}`;
      if (change === null) return `${row.measure}: ${row.reason ?? "not known"}`;
      const sure =
        low === null || high === null
          ? ""
          : `, ${changeText(unit, low)} to ${changeText(unit, high)}`;
      const why = row.reason === null ? "" : `: ${row.reason}`;
      return `${row.measure} ${changeText(unit, change)} (${figures}${sure})${why}`;
    });
}

/** How many measures came to which verdict. */
export function tallyText({ rows }: Comparison): string {
  const tally = COMPARED_VERDICTS.map((verdict) => {
    const count = rows.filter((row) => row.verdict === verdict).length;
    return `${count} ${verdict.toLowerCase()}`;
  });
  return tally.join(", ");
}

/** The sides as people name them: the run, or how many there are. */
export function sideText(runs: CompareOutcome["a"]): string {
  const [only] = runs;
  if (runs.length === 1 && only) return `run ${only.run}`;
  return `${runs.length} runs (${runs[0]?.run ?? ""} to ${runs.at(-1)?.run ?? ""})`;
}

export function figureText(unit: ComparedRow["unit"], figure: number | null): string {
  if (figure === null) return NONE;
  if (unit === "share") return `${trimmed(figure * 100, 3)} %`;
  if (unit === "perSecond") return `${trimmed(figure, 1)}/s`;
  return `${Number(figure.toPrecision(figure < 1000 ? 3 : 4))} ms`;
}

function marginText({ unit, margin, marginMs }: ComparedRow): string {
  if (marginMs !== null) return `${marginMs} ms`;
  return `${trimmed(margin * 100, 2)} ${unit === "share" ? "pp" : "%"}`;
}

function verdictText({ verdict, runsNeeded }: ComparedRow): string {
  return runsNeeded === null ? verdict : `${verdict}, about ${runsNeeded} runs a side would tell`;
}

function trimmed(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)));
}
