/** `ports`: every worker's machine has so many local ports. Listed in registry.ts. Invariant: the least counts. */
import { about, strict, whole } from "../../shape/fields.ts";
import { base, doesNotHold, holds, leastOf, NOBODY, ruleKind } from "./rule.ts";

export const ports = ruleKind({
  kind: "ports",
  doc: "Every worker's machine gives so many local ports to connections towards one address.",
  example: { ports: 28000 },
  shape: () =>
    strict({
      ...base("ports", "Machines of workers have so many local ports."),
      ports: about(whole(1, 65_536), "The least that is enough, of each worker.", 28000),
    }),
  strict: ({ ports: least }) => ({ kind: "ports" as const, least }),
  written: ({ least }) => ({ ports: least }),
  redacted: (act) => act,
  title: ({ least }) => `ports ${least}`,
  check({ least }, { workers }) {
    const found = leastOf(workers, (worker) => worker.ports);
    if (found === null) return doesNotHold(NOBODY);
    const outcome = `${found.value} at worker ${found.id}`;
    return found.value >= least ? holds(outcome) : doesNotHold(outcome);
  },
});
