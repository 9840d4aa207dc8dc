/** `disk`: there is room for the results. Listed in registry.ts. Invariant: what counts is where the run directory lies. */
import { about, size, strict } from "../../shape/fields.ts";
import { formatSize, MAX_SIZE_BYTES } from "../../units.ts";
import { base, doesNotHold, holds, ruleKind } from "./rule.ts";

export const disk = ruleKind({
  kind: "disk",
  doc: "So much is free where the run directory lies, on the coordinator's host; 1gb at most can be asked for.",
  example: { disk: "500mb" },
  shape: () =>
    strict({
      ...base("disk", "There is room for the results."),
      disk: about(size(1, MAX_SIZE_BYTES), "The least that is enough.", "500mb"),
    }),
  strict: ({ disk: least }) => ({ kind: "disk" as const, least }),
  written: ({ least }) => ({ disk: formatSize(least) }),
  redacted: (act) => act,
  title: ({ least }) => `disk ${formatSize(least)}`,
  check({ least }, { host: { freeBytes } }) {
    const outcome = `${Math.floor(freeBytes / 1024 ** 2)} MiB free`;
    return freeBytes >= least ? holds(outcome) : doesNotHold(outcome);
  },
});
