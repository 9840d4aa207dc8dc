/** `choose`: one of several lists of steps, by weight. Listed in registry.ts. */
import { MAX_ITEMS } from "../../limits.ts";
import { about, byDefault, list, strict, weight } from "../../shape/fields.ts";
import { CONNECTED, stepKind } from "./step.ts";

export const choose = stepKind({
  key: "choose",
  doc: "One of several lists of steps, chosen by weight each time.",
  example: [
    { weight: 3, steps: [{ wait: "1s" }] },
    { weight: 1, steps: [{ close: 1000 }] },
  ],
  lists: CONNECTED,
  shape: (steps) =>
    list(
      () =>
        strict({
          weight: byDefault(weight(), 1, "How often it is chosen, relative to the others.", 3),
          steps: about(steps(), "The steps.", [{ wait: "1s" }]),
        }),
      1,
      MAX_ITEMS,
    ),
  strict: (branches, { path, name, inner }) => ({
    kind: "choose",
    branches: branches.map((branch, at) => ({
      weight: branch.weight,
      steps: inner(branch.steps, [...path, at, "steps"], `${name}.${at + 1}`),
    })),
  }),
  written: (step, inner) =>
    step.kind !== "choose"
      ? undefined
      : step.branches.map((branch) => ({ weight: branch.weight, steps: inner(branch.steps) })),
});
