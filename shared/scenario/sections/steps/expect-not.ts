/** `expectNot`: waits, and fails when a message comes that must not. Listed in registry.ts. */
import { condition } from "../../shape/expressions.ts";
import { about, duration, strict } from "../../shape/fields.ts";
import { formatDuration } from "../../units.ts";
import { CONNECTED, onFail, policyOf, stepKind, stepName, writtenName } from "./step.ts";

export const expectNot = stepKind({
  key: "expectNot",
  doc: "Waits for a time in which no message may come of which `where` is true.",
  example: { where: "m.type == 'error'", for: "1s" },
  lists: CONNECTED,
  shape: () =>
    strict({
      name: stepName(),
      where: about(
        condition(),
        "CEL over m, text, size and conn: true of a message that must not come.",
        "m.type == 'error'",
      ),
      for: about(duration(), "How long it must not come.", "1s"),
      onFail: onFail(),
    }),
  strict: ({ name, where, for: forUs, onFail: policy }, place) => {
    return {
      ...{ kind: "expectNot", name: name ?? place.name, where, forUs },
      onFail: policyOf(policy, place.list),
    };
  },
  written: (step) =>
    step.kind !== "expectNot"
      ? undefined
      : {
          ...writtenName(step.name),
          ...{ where: step.where, for: formatDuration(step.forUs) },
          onFail: step.onFail,
        },
});
