/** `repeat`: steps again and again, so many times or until something is captured. Listed in registry.ts. */
import { condition } from "../../shape/expressions.ts";
import { about, fault, strict, whole } from "../../shape/fields.ts";
import { CONNECTED, stepKind } from "./step.ts";

const MAX_TIMES = 1_000_000;

export const repeat = stepKind({
  key: "repeat",
  doc: "Steps that are taken several times.",
  example: { times: 3, steps: [{ wait: "1s" }] },
  lists: CONNECTED,
  shape: (steps) =>
    strict({
      times: about(whole(1, MAX_TIMES).optional(), "How many times, at most.", 3),
      until: about(
        condition().optional(),
        "CEL over conn, asked before each time: no more once it is true.",
        "conn.state == 'ready'",
      ),
      steps: about(steps(), "The steps.", [{ wait: "1s" }]),
    }).superRefine(({ times, until }, context) => {
      if (times !== undefined || until !== undefined) return;
      fault(context, ["repeat needs times or until", "say how often, e.g. times: 3"]);
    }),
  strict: ({ times = null, until = null, steps }, { path, name, inner }) => {
    return { kind: "repeat", times, until, steps: inner(steps, [...path, "steps"], name) };
  },
  written: (step, inner) =>
    step.kind !== "repeat"
      ? undefined
      : {
          ...(step.times === null ? {} : { times: step.times }),
          ...(step.until === null ? {} : { until: step.until }),
          steps: inner(step.steps),
        },
});
