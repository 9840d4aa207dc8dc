/** `files`: every worker may open so many files, one for each connection. Listed in registry.ts. Invariant: the least counts. */
import { about, strict, whole } from "../../shape/fields.ts";
import { base, doesNotHold, holds, leastOf, NOBODY, ruleKind } from "./rule.ts";

export const files = ruleKind({
  kind: "files",
  doc: "Every worker may have so many files open; a connection takes one.",
  example: { files: 20000 },
  shape: () =>
    strict({
      ...base("files", "Workers may have so many files open."),
      files: about(whole(1, 1_048_576), "The least that is enough, of each worker.", 20000),
    }),
  strict: ({ files: least }) => ({ kind: "files" as const, least }),
  written: ({ least }) => ({ files: least }),
  redacted: (act) => act,
  title: ({ least }) => `files ${least}`,
  check({ least }, { workers }) {
    const found = leastOf(workers, ({ openFiles }) => openFiles);
    if (found === null) return doesNotHold(NOBODY);
    const outcome = `${found.value} of worker ${found.id}`;
    return found.value >= least ? holds(outcome) : doesNotHold(outcome);
  },
});
