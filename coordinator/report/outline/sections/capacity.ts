/**
 * What a search for the limit has found: what the target sustained, where it broke, and each level that was tried.
 * Invariant: nothing for a run that searched for no limit; what was not found is called that.
 */

import type { ModelLevel } from "../../model/capacity.ts";
import type { Summary } from "../../summary-schema.ts";
import { countOf, formatCount } from "../../text/format.ts";
import { capacityBasis, capacityText } from "../../text/result-text.ts";
import {
  type Block,
  type Cell,
  code,
  column,
  details,
  type Fact,
  facts,
  heading,
  lead,
  list,
  prose,
  table,
  text,
} from "../block.ts";
import { momentOf } from "../moments.ts";
import type { Section } from "../section.ts";
import { sentence } from "../sentence.ts";

const MAX_LEVELS = 200;

const COLUMNS = [
  column("try", "count"),
  column("phase", "text"),
  column("connections"),
  column("why tried", "text"),
  column("result", "text"),
  column("at", "text"),
  column("what broke", "text"),
];
/** Fewer show no curve. */
const LEAST_LEVELS = 3;
const PURPOSES = {
  climb: "the next step up",
  rest: "to see whether it recovers",
  narrow: "between what held and what broke",
  confirm: "once more, to be sure",
} as const;
const VERDICTS = { held: "passed", broken: "failed", untrusted: "open" } as const;
const TONES = { held: "good", broken: "bad", untrusted: "soft" } as const;

export const capacity: Section = {
  meta: {
    id: "capacity",
    title: "Capacity",
    about:
      "Of a run that searched for the limit: what the target sustained, where it broke, every level that was tried, the bottleneck and what to add next, and what that rests on ([find-limit.md](find-limit.md)).",
  },

  build({ summary: { capacity: found }, levels = [] }) {
    if (found === null) return [];
    const shown = (value: number | null) => (value === null ? "not found" : formatCount(value));
    const figures = [
      ["sustainable", found.sustainable, "connections: the highest level that held"],
      ["limit", found.limit, "the lowest level that broke, twice"],
      ["knee", found.knee, "where latency begins to bend upward"],
      ["tested", found.tested, "the highest level judged"],
    ] as const;
    const run = { scope: "run", statistic: "value", unit: "connections" };
    return [
      lead(`${capacityText(found)}.`),
      {
        kind: "figures",
        items: figures.map(([label, value, note]) => ({ label, value: shown(value), note })),
      },
      ...list(
        capacityBasis(found).map((part) => prose(part, 600)),
        { most: 20 },
      ),
      ...bottleneckBlocks(found),
      ...latencyByLoad(levels),
      ...(levels.length === 0 ? [] : [details(`All ${levels.length} levels`, levelTable(levels))]),
      {
        kind: "data",
        rows: figures.map(([label, value]) => ({ ...run, measure: `capacity_${label}`, value })),
      },
    ];
  },

  brief({ summary: { capacity: found } }) {
    if (found === null) return [];
    const parts = capacityBasis(found).slice(1, 3);
    const rows = parts.map((part): Fact => ({ label: "", text: prose(part, 600) }));
    return [facts({ label: "capacity", text: capacityText(found) }, ...rows)];
  },
};

/** Latency as it grows with load, by search: each has a rule of its own that says which latency. */
function latencyByLoad(levels: readonly ModelLevel[]): Block[] {
  const phases = [...new Set(levels.map(({ phase }) => phase))];
  const tables = phases.flatMap((phase, at) => {
    const found = byLoad(
      levels.filter((level) => level.phase === phase),
      `capacity-${at + 1}`,
    );
    if (found.length === 0) return [];
    return phases.length === 1 ? found : [text("Phase ", code(phase, 64), ":"), ...found];
  });
  return tables.length === 0 ? [] : [heading("Latency by load"), ...tables];
}

/** @param levels of one phase @param id of its chart @returns nothing where too few have one */
function byLoad(levels: readonly ModelLevel[], id: string): Block[] {
  const known = levels
    .filter(({ latencyMs, verdict }) => latencyMs !== null && verdict !== "untrusted")
    .sort((a, b) => a.connections - b.connections);
  const [first] = known;
  if (first === undefined || known.length < LEAST_LEVELS) return [];
  const most = known.reduce((high, { latencyMs }) => Math.max(high, latencyMs ?? 0), 0);
  const rows = known.map(({ connections, verdict, latencyMs }): Cell[] => [
    connections,
    { text: verdict, mark: VERDICTS[verdict], tone: TONES[verdict] },
    latencyMs,
    {
      text: "",
      bar: { to: (latencyMs ?? 0) / most, colour: verdict === "held" ? "c1" : "c4" },
    },
  ]);
  const columns = [
    column("connections"),
    column("result", "text"),
    { id: "latency", title: code(first.latencyOf, 80), unit: "ms" as const },
    column("of the highest", "bar"),
  ];
  return [
    chart(known, { id, of: first.latencyOf }),
    table({ name: "Latency by load", columns, most: MAX_LEVELS, sort: false }, rows),
  ];
}

/** What held and what broke, each level a point. */
function chart(
  known: readonly ModelLevel[],
  { id, of }: { readonly id: string; readonly of: string },
): Block {
  const points = (verdict: ModelLevel["verdict"]) =>
    known
      .filter((level) => level.verdict === verdict)
      .map(({ connections, latencyMs }) => [connections, latencyMs ?? 0] as const);
  const curve = (verdict: "held" | "broken", colour: "c1" | "c4") => {
    const own = points(verdict);
    const rest = `${countOf(own.length, "level")}`;
    return { id: verdict, label: verdict, colour, look: "dots" as const, points: own, rest };
  };
  const all = known.map(({ connections, latencyMs }) => [connections, latencyMs ?? 0] as const);
  return {
    ...{ kind: "plot", shape: "xy", id },
    title: "Latency over connections",
    about:
      "Every level that was judged: held, or broken; the line joins them in the order of load.",
    x: { label: "connections", unit: "count", to: Math.max(...all.map(([x]) => x)) },
    y: { label: "latency", unit: "ms", to: Math.max(...all.map(([, y]) => y)) },
    curves: [
      curve("held", "c1"),
      curve("broken", "c4"),
      { id: "levels", label: of, colour: "c7", look: "thin", points: all, rest: "" },
    ],
    areas: [],
    marks: [],
  };
}

/** The bottleneck, and what to add next. */
function bottleneckBlocks({ bottleneck }: NonNullable<Summary["capacity"]>): Block[] {
  if (bottleneck === undefined) return [];
  const { resource, evidence, next } = bottleneck;
  return [
    facts(
      { label: "bottleneck", text: resource },
      ...evidence.map((one) => ({ label: "", text: sentence(one) })),
      { label: "next", text: sentence(next) },
    ),
  ];
}

function levelTable(levels: readonly ModelLevel[]): Block {
  const rows = levels.map(({ phase, connections, purpose, verdict, reason, at }, index): Cell[] => [
    index + 1,
    code(phase, 64),
    connections,
    PURPOSES[purpose],
    { text: verdict, mark: VERDICTS[verdict], tone: TONES[verdict] },
    at === null ? "" : momentOf(at),
    prose(reason, 200),
  ]);
  return table({ name: "Levels", columns: COLUMNS, most: MAX_LEVELS }, rows);
}
