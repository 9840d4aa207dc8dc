/** How the figures of this report were computed. Invariant: nothing but the methods this report rests on. */
import type { Method } from "../../methods/method.ts";
import { methodsOf } from "../../methods/registry.ts";
import { code, details, type Part, part, tableOf, text } from "../block.ts";
import { METHODS_ID } from "../cause-cards.ts";
import type { Section } from "../section.ts";

const MAX_METHODS = 40;

const PARTS: readonly Part<Method>[] = [
  part("statistic", "text", ({ title, usedFor }) => ({ text: title, note: usedFor })),
  part("formula", "text", ({ formula }) => formula),
  part("assumes", "text", ({ assumes }) => assumes),
  part("source", "text", ({ source }) => source),
];

export const methods: Section = {
  meta: {
    id: METHODS_ID,
    title: "How this was computed",
    about:
      "The statistics this report rests on, with formula, assumptions and source; all of them are in [methods.md](methods.md).",
    omit: { csv: "it has no figures", terminal: "docs/methods.md has them" },
  },

  build(facts) {
    const used = methodsOf(facts);
    if (used.length === 0) return [];
    const shape = { name: "Methods", most: MAX_METHODS, sort: false };
    return [
      text(
        "Everything here is computed from the journal of the run; ",
        code(`onrush report runs/${facts.summary.run}`, 300),
        " computes it again.",
      ),
      details(`${used.length} methods`, tableOf(shape, PARTS, used)),
    ];
  },
};
