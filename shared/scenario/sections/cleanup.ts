/**
 * `cleanup`: what is done when the run is over, however it ended. Listed in registry.ts; its steps are of the kinds of faults/outside.
 * Invariant: each step has a name of its own and a time limit, so all of them together have one.
 */
import type * as z from "zod";
import { about, fault, list, ofKinds } from "../shape/fields.ts";
import { literals } from "../shape/literal.ts";
import { describe, isMapping } from "../shape/words.ts";
import type { StrictCleanup } from "../strict-beside.ts";
import { didYouMean } from "../suggest.ts";
import { formatDuration, quoted } from "../units.ts";
import { unusedName } from "./faults/anchor.ts";
import { CLEANUP_STEPS, outsideKindOf } from "./faults/outside/registry.ts";
import { checkNames, section, soundItems } from "./section.ts";

const MAX_STEPS = 20;

type StepShape = ReturnType<(typeof CLEANUP_STEPS)[number]["shape"]>;

function stepShape() {
  const shapes: StepShape[] = CLEANUP_STEPS.map(({ shape }) => shape());
  return ofKinds("kind", shapes, withKind);
}

function withKind(value: unknown, context: z.RefinementCtx): unknown {
  if (!isMapping(value)) {
    const hint = "such as { kind: call, url: http://127.0.0.1:8474/reset }";
    return fault(context, [`expected a step of clean-up, got ${describe(value)}`, hint]);
  }
  const { kind } = value;
  const kinds = CLEANUP_STEPS.map((one) => one.kind);
  if (typeof kind !== "string" || (kinds as readonly string[]).includes(kind)) return value;
  const what = `unknown kind of clean-up ${quoted(kind)}`;
  return fault(context, [what, didYouMean(kind, kinds)], { path: ["kind"] });
}

export const cleanup = section({
  key: "cleanup",
  shape: () =>
    about(
      list(stepShape, 0, MAX_STEPS).optional(),
      "What is done, one step after another, when the run is over, however it ended; see docs/checkpoints.md.",
      [{ kind: "call", url: "http://127.0.0.1:8474/reset", method: "POST" }],
    ),
  strict: (value, { log, given }) => {
    checkNames(given["cleanup"], { path: ["cleanup"], key: "name", kind: "step" }, log);
    const known: StrictCleanup[] = [];
    for (const [, one] of soundItems(value, ["cleanup"], log)) {
      known.push({
        name: one.name ?? unusedName(`${one.kind}@cleanup`, known),
        limitUs: one.timeout,
        act: outsideKindOf(one.kind).strict(one),
      });
    }
    return known.length === 0 ? {} : { cleanup: known };
  },
  written: ({ cleanup: known }) =>
    known?.map(({ name, limitUs, act }) => {
      return {
        kind: act.kind,
        // No author can write the names that are made here.
        ...(!name.includes("@") && { name }),
        timeout: formatDuration(limitUs),
        ...literals(outsideKindOf(act.kind).written(act)),
      } as z.input<StepShape>;
    }),
});
