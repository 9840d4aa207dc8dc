/** `version`: the coordinator and all workers are of one version. Listed in registry.ts. Invariant: whole parts are compared. */
import * as z from "zod";
import { about, byDefault, fault, strict, text } from "../../shape/fields.ts";
import { base, doesNotHold, holds, ruleKind } from "./rule.ts";

const PROGRAMS = ["onrush", "node"] as const;

function leadingParts() {
  return text(50).superRefine((value, context) => {
    if (!/^\d+(\.\d+){0,2}(-[\w.]+)?$/.test(value)) {
      fault(context, ["not a version", 'such as "22" or "0.1.0", in quotes']);
    }
  });
}

export const version = ruleKind({
  kind: "version",
  doc: 'The coordinator and every worker run this version of Onrush, or of Node.js; `"22"` stands for every 22.x.',
  example: { version: "22", of: "node" },
  shape: () =>
    strict({
      ...base("version", "Programs are of a version."),
      version: about(leadingParts(), "The version, or its leading parts, in quotes.", "0.1"),
      of: byDefault(z.enum(PROGRAMS), "onrush", "Whose version it is.", "node"),
    }),
  strict: ({ version: wanted, of }) => ({ kind: "version" as const, wanted, of }),
  written: ({ wanted, of }) => ({ version: wanted, of }),
  redacted: (act) => act,
  title: ({ wanted, of }) => `version ${wanted} of ${of}`,
  check({ wanted, of }, { host, workers }) {
    for (const one of [{ ...host, id: "" }, ...workers]) {
      if (one[of] === wanted || one[of].startsWith(`${wanted}.`)) continue;
      const who = one.id === "" ? "the coordinator" : `worker ${one.id}`;
      return doesNotHold(`${who} has ${of} ${one[of]}`);
    }
    return holds(`of the coordinator and ${workers.length} workers`);
  },
});
