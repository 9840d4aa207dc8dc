/** Checkpoints: when each was reached, on what figures, and what came of its actions. Invariant: it is left out of runs without them. */
import type { Summary } from "../../summary-schema.ts";
import { countOf } from "../../text/format.ts";
import { type Cell, code, column, type DataRow, facts, lead, prose, table } from "../block.ts";
import { momentOf } from "../moments.ts";
import type { Section } from "../section.ts";

type Checkpoint = NonNullable<Summary["checkpoints"]>[number];

/** As many as a scenario may have; and their actions. */
const MOST = 20;
const MOST_ACTIONS = 160;
const COMPACT = 3;

const COLUMNS = [
  column("checkpoint", "text"),
  column("reached", "text"),
  column("condition", "text"),
  column("observed", "text"),
];
const ACTIONS = [
  column("checkpoint", "text"),
  column("action", "text"),
  column("done", "text"),
  column("outcome", "text"),
];

export const checkpoints: Section = {
  meta: {
    id: "checkpoints",
    title: "Checkpoints",
    about:
      "Of a scenario with `checkpoints` ([checkpoints.md](checkpoints.md)): when each was reached, what its condition had read, and what came of its actions.",
  },

  build({ summary: { checkpoints: all = [] } }) {
    if (all.length === 0) return [];
    return [
      lead(`${leadText(all)}.`),
      table({ name: "Checkpoints", columns: COLUMNS, most: MOST }, all.map(row)),
      ...(all.some(({ actions }) => actions.length > 0)
        ? [
            table(
              { name: "Actions", columns: ACTIONS, most: MOST_ACTIONS },
              all.flatMap(actionRows),
            ),
          ]
        : []),
      { kind: "data", rows: all.map(data) },
    ];
  },

  brief({ summary: { checkpoints: all = [] } }) {
    const reached = all.filter(({ at }) => at !== null);
    if (reached.length === 0) return [];
    const rows = reached.slice(0, COMPACT).map((one) => ({
      label: "checkpoint",
      text: [
        prose(`${one.name}: reached at `),
        momentOf((one.at ?? 0) / 1000),
        prose(doneText(one)),
      ],
    }));
    const more = reached.length - rows.length;
    const rest = { label: "", text: `… and ${countOf(more, "more checkpoint")}` };
    return [facts(...rows, ...(more > 0 ? [rest] : []))];
  },
};

function leadText(all: readonly Checkpoint[]): string {
  const reached = all.filter(({ at }) => at !== null).length;
  return `${reached} of ${countOf(all.length, "checkpoint")} ${reached === 1 ? "was" : "were"} reached`;
}

function doneText({ actions }: Checkpoint): string {
  return actions.map(({ kind, ok }) => `, ${kind}${ok === true ? "" : " not done"}`).join("");
}

function row({ name, at, when, observed }: Checkpoint): Cell[] {
  const figures = Object.entries(observed).map(([key, value]) => {
    return `${key} ${value === null ? "not measured" : Number(value.toPrecision(4))}`;
  });
  return [
    code(name, 120),
    at === null ? "never" : momentOf(at / 1000),
    when === null ? "its time" : code(when, 300),
    figures.join(", "),
  ];
}

function actionRows({ name, actions }: Checkpoint): Cell[][] {
  return actions.map(({ kind, ok, outcome }) => {
    const isDone = ok === null ? "not known" : ok ? "yes" : "no";
    return [code(name, 120), kind, isDone, code(outcome ?? "", 300)];
  });
}

function data({ name, at }: Checkpoint): DataRow {
  const of = { scope: "checkpoint", name, measure: "checkpoint_reached" };
  return { ...of, statistic: "time", unit: "ms", value: at };
}
