/**
 * A trend of runs as blocks: of each group of comparable runs a table with a spark line a measure, and what regressed since which run.
 * Called by `onrush trend`, in a terminal and in markdown. Invariant: names from run directories are foreign; what was left out is named.
 */
import type { Trend, TrendGroup, TrendRow } from "../../analysis/trend/outcome.ts";
import { figureText } from "../text/comparison-rows.ts";
import { countOf, formatCount } from "../text/format.ts";
import {
  type Block,
  code,
  column,
  details,
  type Fact,
  facts,
  heading,
  list,
  prose,
  type RichCell,
  table,
} from "./block.ts";
import { CHANGED } from "./comparison.ts";

const MAX_GROUPS = 20;
const MAX_MEASURES = 60;
const MAX_NAMED = 100;
const SPARKS = "▁▂▃▄▅▆▇█";
/** Characters of a spark line. */
const SPARK_CHARS = 20;

const WORDS = {
  ...CHANGED,
  STEADY: { word: "Steady", tone: "good", sign: "passed" },
  UNDECIDED: { word: "Undecided", tone: "warn", sign: "open" },
} as const;

const COLUMNS = [
  column("measure", "text"),
  column("runs", "text"),
  column("first", "figure"),
  column("last", "figure"),
  column("verdict", "text"),
  column("since run", "text"),
];

export function trendReport(trend: Trend): Block[] {
  const { verdict, groups, leftOut, despite } = trend;
  const { word, tone, sign } = WORDS[verdict];
  const runs = groups.reduce((sum, group) => sum + group.runs.length, 0);
  const name = code(countOf(runs, "run"), 60);
  const apart = groups.length > 1 ? `, in ${groups.length} groups that cannot be compared` : "";
  const meaning = `${countOf(leftOut.length, "run")} left out${apart}.`;
  return [
    { kind: "verdict", tone, sign, word, name, meaning, place: "" },
    ...groups.slice(0, MAX_GROUPS).flatMap((group, at) => groupBlocks(group, at, groups.length)),
    ...list(
      leftOut.map(({ run, why }) => [code(run), ": ", prose(why, 300)]),
      { most: MAX_NAMED, title: "Left out", tone: "warn" },
    ),
    ...(despite.length === 0 ? [] : [facts({ label: "let through", text: despite.join(", ") })]),
  ];
}

function groupBlocks(group: TrendGroup, at: number, of: number): Block[] {
  const { runs, rows, notes, plan, target, environment } = group;
  const [first, last] = [runs[0], runs.at(-1)];
  const span = `${first?.startedAt.slice(0, 10)} to ${last?.startedAt.slice(0, 10)}`;
  return [
    ...(of > 1 ? [heading(`Group ${at + 1}: ${countOf(runs.length, "run")}, ${span}`)] : []),
    facts(...reasons(group)),
    table(
      { name: "Trend", columns: COLUMNS, most: MAX_MEASURES, sort: false },
      rows.map(cellsOf(group)),
    ),
    ...list(
      notes.map((one) => prose(one, 300)),
      { most: MAX_NAMED, title: "Also changed" },
    ),
    details(
      "What these runs have in common",
      facts(
        {
          label: "runs",
          text: [code(first?.run ?? ""), " to ", code(last?.run ?? ""), `, ${span}`],
        },
        { label: "plan", text: prose(plan, 300) },
        { label: "target", text: prose(target, 300) },
        { label: "machines", text: prose(environment, 300) },
      ),
    ),
  ];
}

/** What regressed or improved, each with the first run that has it. */
function reasons({ rows, runs }: TrendGroup): Fact[] {
  return rows.flatMap(({ verdict, measure, reason, since }): Fact[] => {
    if (verdict !== "REGRESSED" && verdict !== "IMPROVED") return [];
    const first = since === null ? undefined : runs[since];
    const from =
      first === undefined ? [] : [", first in run ", code(first.run), ` (${first.startedAt})`];
    const text = [`${measure} ${reason}`, ...from];
    return [{ label: verdict.toLowerCase(), text, mark: WORDS[verdict].sign }];
  });
}

function cellsOf({ runs }: TrendGroup) {
  return ({ measure, unit, values, levels, verdict, since, reason }: TrendRow): RichCell[] => {
    const shown = (value: number | undefined) => ({ text: levelText(unit, value ?? null) });
    const first = since === null ? undefined : runs[since];
    return [
      { text: measure },
      { text: sparkLine(values) },
      shown(levels[0]?.median),
      shown(levels.at(-1)?.median),
      { text: verdict, ...(verdict !== "STEADY" && { tone: WORDS[verdict].tone }) },
      { text: first === undefined ? reason : code(first.run) },
    ];
  };
}

function levelText(unit: TrendRow["unit"], value: number | null): string {
  if (unit !== "connections") return figureText(unit, value);
  return value === null ? "-" : formatCount(value);
}

/** From the lowest to the highest of the series; of many runs the mean of neighbours, and a blank where none has it. */
function sparkLine(values: readonly (number | null)[]): string {
  const every = Math.max(1, Math.ceil(values.length / SPARK_CHARS));
  const means: (number | null)[] = [];
  for (let from = 0; from < values.length; from += every) {
    const known = values.slice(from, from + every).filter((value) => value !== null);
    const sum = known.reduce((total, value) => total + value, 0);
    means.push(known.length === 0 ? null : sum / known.length);
  }
  const known = means.filter((value) => value !== null);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  return means
    .map((value) => {
      if (value === null) return " ";
      const share = high === low ? 0 : (value - low) / (high - low);
      return SPARKS[Math.min(SPARKS.length - 1, Math.floor(share * SPARKS.length))];
    })
    .join("");
}
