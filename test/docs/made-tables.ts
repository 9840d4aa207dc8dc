/**
 * Tables of the documents that are made from registries. Called by write-made-tables.ts and by the test that holds the
 * documents to them. Invariant: each entry of a registry is one row, in the registry's order.
 */
import { PROBE_KINDS } from "../../coordinator/analysis/diagnosis/probe-run/registry.ts";
import { DETECTORS } from "../../coordinator/analysis/diagnosis/registry.ts";
import { causeOf } from "../../coordinator/analysis/findings/causes.ts";
import { FORECASTERS } from "../../coordinator/analysis/forecast/registry.ts";
import { REGISTRY } from "../../coordinator/analysis/registry.ts";
import { STRESS_TEMPLATES } from "../../coordinator/cli/commands/templates/stress/registry.ts";
import { METHODS } from "../../coordinator/report/methods/registry.ts";
import { ACTION_KINDS } from "../../shared/scenario/sections/checkpoints/registry.ts";
import { RULE_KINDS } from "../../shared/scenario/sections/environment/registry.ts";
import { OUTSIDE_KINDS } from "../../shared/scenario/sections/faults/outside/registry.ts";
import { FAULT_KINDS } from "../../shared/scenario/sections/faults/registry.ts";
import { describeFailure, FAILURE_KINDS } from "../../shared/stats/failure-kind.ts";
import { ANSWER_BEHAVIOURS } from "../../target/behaviour/answer/registry.ts";
import { PROCESS_BEHAVIOURS } from "../../target/behaviour/process/registry.ts";
import { REPLY_BEHAVIOURS } from "../../target/behaviour/reply/registry.ts";
import { UPGRADE_BEHAVIOURS } from "../../target/behaviour/upgrade/registry.ts";
import { PARTS } from "../../target/conversation/registry.ts";
import { flow } from "./flow.ts";

export interface MadeTable {
  readonly document: string;
  readonly name: string;
  table(): string;
}

const CAUSES = { target: "target", generator: "ours", scenario: "scenario", injected: "injected" };

export const MADE_TABLES: readonly MadeTable[] = [
  {
    document: "docs/diagnosis.md",
    name: "probe runs",
    table: () =>
      tableOf(
        ["kind", "tells apart", "the run, and how it decides"],
        PROBE_KINDS.map(({ id, causes, doc }) => {
          return [`\`${id}\``, causes.map((cause) => `\`${cause}\``).join(", "), doc];
        }),
      ),
  },
  {
    document: "docs/methods.md",
    name: "methods",
    table: () =>
      tableOf(
        ["statistic", "used for", "formula", "assumes", "source", "code"],
        METHODS.map(({ title, usedFor, formula, assumes, source, file, symbol }) => {
          return [title, usedFor, formula, assumes, source, `[\`${symbol}\`](../${file})`];
        }),
      ),
  },
  {
    document: "docs/troubleshooting.md",
    name: "failure kinds",
    table: () =>
      tableOf(
        ["kind", "stage", "whose", "meaning, and where to look"],
        FAILURE_KINDS.map((kind) => {
          const { stage, cause, doc } = describeFailure(kind);
          return [`\`${kind}\``, stage, CAUSES[cause], doc];
        }),
      ),
  },
  {
    document: "docs/faults.md",
    name: "fault kinds",
    table: () =>
      tableOf(
        ["kind", "acts on", "what happens", "example"],
        FAULT_KINDS.map(({ kind, stage, doc, example }) => {
          return [`\`${kind}\``, stage, doc, `\`${flow(example)}\``];
        }),
      ),
  },
  {
    document: "docs/stress-library.md",
    name: "stress library",
    table: () =>
      tableOf(
        ["template", "load", "what a service has shown that passes it"],
        Object.entries(STRESS_TEMPLATES).map(([name, { about, proves }]) => {
          return [`\`${name}\``, about, proves];
        }),
      ),
  },
  {
    document: "docs/faults.md",
    name: "outside kinds",
    table: () => outsideTable("others"),
  },
  {
    document: "docs/faults.md",
    name: "worker fault kinds",
    table: () => outsideTable("workers"),
  },
  {
    document: "docs/observe.md",
    name: "forecasts",
    table: () =>
      tableOf(
        ["of", "which figures"],
        FORECASTERS.map(({ meta: { id, doc } }) => [`\`${id}\``, doc]),
      ),
  },
  {
    document: "docs/checkpoints.md",
    name: "checkpoint actions",
    table: () =>
      tableOf(
        ["action", "what happens", "example"],
        ACTION_KINDS.map(({ kind, doc, example }) => {
          return [`\`${kind}\``, doc, `\`do: [${flow(example)}]\``];
        }),
      ),
  },
  {
    document: "docs/checkpoints.md",
    name: "environment rules",
    table: () =>
      tableOf(
        ["rule", "it holds when", "example"],
        RULE_KINDS.map(({ kind, doc, example }) => [`\`${kind}\``, doc, `\`${flow(example)}\``]),
      ),
  },
  {
    document: "docs/target.md",
    name: "reply behaviours",
    table: () => behaviourTable("what happens to the reply", REPLY_BEHAVIOURS),
  },
  {
    document: "docs/target.md",
    name: "answer behaviours",
    table: () => behaviourTable("what happens to the answer", ANSWER_BEHAVIOURS),
  },
  {
    document: "docs/target.md",
    name: "parts of a conversation",
    table: () => behaviourTable("what the target does", PARTS),
  },
  {
    document: "docs/target.md",
    name: "upgrade behaviours",
    table: () => behaviourTable("what happens", UPGRADE_BEHAVIOURS),
  },
  {
    document: "docs/target.md",
    name: "process behaviours",
    table: () => behaviourTable("what happens", PROCESS_BEHAVIOURS),
  },
  {
    document: "docs/validity.md",
    name: "validity checks",
    table: () => judgedTable(["check", "limit", "judged"], /^(generator|results)\//),
  },
  {
    document: "docs/validity.md",
    name: "rules",
    table: () =>
      judgedTable(
        ["rule", "the run fails when"],
        /^(threshold|recovered|checkpoint|environment|implied|baseline)\b/,
      ),
  },
  {
    document: "docs/validity.md",
    name: "endings",
    table: () => judgedTable(["what is asked of every run", "no, when"], /^ending\b/),
  },
  {
    document: "docs/validity.md",
    name: "warnings",
    table: () => judgedTable(["warning", "it is given when"], /^warning\//),
  },
  {
    document: "docs/validity.md",
    name: "notes",
    table: () => judgedTable(["note", "it is given when"], /^note\//),
  },
  {
    document: "docs/validity.md",
    name: "findings",
    table: () => judgedTable(["finding", "it is made when"], /^finding\//),
  },
  {
    document: "docs/diagnosis.md",
    name: "causes",
    table: () =>
      tableOf(
        ["cause", "where it lies", "it is named when"],
        DETECTORS.map(({ meta: { causes, doc } }) => [
          causes.map((id) => `\`${id}\``).join(", "),
          [...new Set(causes.map((id) => causeOf(id).locus))].join(", "),
          doc,
        ]),
      ),
  },
];

/** The document with its tables as they should be. @throws Error when it has no place for one */
export function withTables(document: string, text: string): string {
  let made = text;
  for (const { name, table } of MADE_TABLES.filter((one) => one.document === document)) {
    const begin = `<!-- ${name}: made by npm run docs:tables; do not edit -->\n`;
    const end = "<!-- end of table -->\n";
    const [before, rest] = made.split(begin);
    const after = rest?.slice(rest.indexOf(end) + end.length);
    if (before === undefined || after === undefined) {
      throw new Error(`${document} has no place for: ${name}`);
    }
    made = `${before}${begin}\n${table()}\n\n${end}${after}`;
  }
  return made;
}

/** Kinds that are done to others, or to workers. */
function outsideTable(whom: (typeof OUTSIDE_KINDS)[number]["on"]): string {
  return tableOf(
    ["kind", "what happens", "example"],
    OUTSIDE_KINDS.filter(({ on }) => on === whom).map(({ kind, doc, example }) => {
      return [`\`${kind}\``, doc, `\`${flow(example)}\``];
    }),
  );
}

interface Behaviour {
  readonly meta: {
    readonly name: string;
    readonly doc: string;
    readonly counts: readonly string[];
  };
}

function behaviourTable(what: string, behaviours: readonly Behaviour[]): string {
  return tableOf(
    ["dial", what, "counted as"],
    behaviours.map(({ meta: { name, doc, counts } }) => [
      `\`${name}\``,
      doc,
      counts.map((count) => `\`${count}\``).join(", "),
    ]),
  );
}

/** What is judged of a run, as far as the id tells. */
function judgedTable(head: readonly string[], ids: RegExp): string {
  const judged = REGISTRY.filter(({ meta }) => ids.test(meta.id));
  return tableOf(
    head,
    judged.map(({ meta }) => meta.doc.slice(0, head.length)),
  );
}

/** Columns as wide as their widest cell, as the formatter has them. */
function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = head.map((_, at) => Math.max(...all.map((row) => (row[at] ?? "").length)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |`;
  const [first = [], ...body] = all;
  return [line(first), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join(
    "\n",
  );
}
