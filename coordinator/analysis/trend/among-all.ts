/**
 * What is left of the changes of single measures when all of them are looked at at once. Called by trend.ts. Invariant: of an unchanged
 * service any measure is said to have changed in as many trends as MOST_FALSE says, however many measures are followed.
 */
import { falseDiscoveryRates } from "../stats/two-by-two.ts";
import type { TrendRow } from "./outcome.ts";

/** Expected share of false ones among the measures that are said to have changed. */
const MOST_FALSE = 0.05;

export function amongAll(rows: readonly TrendRow[]): TrendRow[] {
  const judged = rows.filter(({ verdict }) => verdict !== "UNDECIDED");
  const rates = new Map(
    falseDiscoveryRates(judged.map(chanceOf)).map((rate, at) => [judged[at]?.measure, rate]),
  );
  return rows.map((row) => {
    if (!isChanged(row) || (rates.get(row.measure) ?? 1) <= MOST_FALSE) return row;
    const reason = `${row.reason}, as one of ${judged.length} measures may by chance`;
    return { ...row, verdict: "STEADY", since: null, reason };
  });
}

function isChanged({ verdict }: TrendRow): boolean {
  return verdict === "REGRESSED" || verdict === "IMPROVED";
}

/** Of what its verdict rests on. */
function chanceOf(row: TrendRow): number {
  if (!isChanged(row)) return 1;
  return row.drift?.p ?? row.changes.find(({ at }) => at === row.since)?.p ?? 1;
}
