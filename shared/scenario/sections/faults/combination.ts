/**
 * `kind: combination`: several kinds that act together, on the same connections, as one fault. Listed in registry.ts. Invariant: its parts
 * are kinds that last, so they begin and end together; what each keeps of a connection is its own.
 */
import type * as z from "zod";
import { about, fault, list, ofKinds, once, strict } from "../../shape/fields.ts";
import { describe, isMapping } from "../../shape/words.ts";
import { didYouMean } from "../../suggest.ts";
import { quoted } from "../../units.ts";
import type { FaultAction, FaultVictim } from "./action.ts";
import { base, common, type FaultKind, faultKind } from "./fault.ts";
import { SINGLE_KINDS, type SingleAct } from "./single-kinds.ts";

const MAX_PARTS = 8;

type PartKind = FaultKind<SingleAct> & { readonly action: FaultAction<SingleAct> };

/** Those that last, and ask nothing of the target that would have to be told of one of them. */
const PART_KINDS = SINGLE_KINDS.filter(
  (one) => one.action.reach === "lasting" && !("tells" in one),
) as unknown as readonly PartKind[];

export interface CombinationAct {
  readonly kind: "combination";
  readonly parts: readonly SingleAct[];
}

export const combination = faultKind({
  kind: "combination",
  stage: "connection",
  doc: "Several kinds that last act together: on the same connections, for the same time, as one fault with one name.",
  example: {
    ...{ at: "steady+10s", for: "20s", kind: "combination", who: "20%", name: "bad-mobile" },
    parts: [
      { kind: "latency", delay: "150ms", jitter: "50ms" },
      { kind: "bandwidth", rate: "16kb/s" },
    ],
  },
  shape: () =>
    strict({
      ...base("combination", "Has several kinds act together."),
      parts: about(
        list(partShape, 2, MAX_PARTS),
        "What acts together: the keys of each kind, without those that all faults have.",
        [
          { kind: "latency", delay: "150ms" },
          { kind: "bandwidth", rate: "16kb/s" },
        ],
      ),
    }),
  lasts: () => "must",
  strict: ({ parts }): CombinationAct => ({
    kind: "combination",
    parts: parts.map((part) => kindOf(part.kind).strict(part as never)),
  }),
  written: ({ parts }) => ({
    parts: parts.map((part) => ({ kind: part.kind, ...kindOf(part.kind).written(part) })),
  }),
  extra: ({ parts }, of) =>
    parts.reduce((sum, part) => sum + (kindOf(part.kind).extra?.(part, of) ?? 0), 0),
  action: {
    reach: "lasting",
    begin: (victim, act) => each(victim, act, "begin"),
    beat: (victim, act) => each(victim, act, "beat"),
    end: (victim, act) => each(victim, act, "end"),
  },
});

function each(
  victim: FaultVictim,
  { parts }: CombinationAct,
  what: "begin" | "beat" | "end",
): void {
  for (const [at, part] of parts.entries()) {
    kindOf(part.kind).action[what]?.(victim.part(at), part);
  }
}

function kindOf(name: string): PartKind {
  return PART_KINDS.find(({ kind }) => kind === name) as PartKind;
}

const partShape = once(() => {
  const shapes = PART_KINDS.map(({ shape }) => strict(ownKeys(shape())));
  return ofKinds("kind", shapes, settled) as unknown as z.ZodType<
    { readonly kind: string },
    { readonly kind: string }
  >;
});

function ownKeys(shape: z.ZodType): z.ZodRawShape {
  const keys = Object.entries((shape as z.ZodObject).shape);
  return Object.fromEntries(keys.filter(([key]) => !Object.hasOwn(common(), key)));
}

/** As the kind itself is checked, with keys that its combination has. */
function settled(value: unknown, context: z.RefinementCtx): unknown {
  if (!isMapping(value)) {
    const hint = "such as { kind: latency, delay: 150ms }";
    return fault(context, [`expected a part of a combination, got ${describe(value)}`, hint]);
  }
  const names = PART_KINDS.map((one) => one.kind);
  const { kind } = value;
  if (typeof kind === "string" && !(names as readonly string[]).includes(kind)) {
    const hint = didYouMean(kind, names) || `one of ${names.join(", ")}`;
    return fault(context, [`no kind that can be a part: ${quoted(kind)}`, hint], {
      path: ["kind"],
    });
  }
  for (const key of Object.keys(common())) {
    if (!Object.hasOwn(value, key)) continue;
    return fault(context, [`${key} is that of the combination`, "write it there"], { path: [key] });
  }
  if (typeof kind !== "string") return value;
  const whole = { ...value, at: "x", for: "1s", who: "100%" };
  const { error } = kindOf(kind).shape().safeParse(whole, { jitless: true });
  for (const issue of error?.issues ?? []) context.addIssue(issue as never);
  return value;
}
