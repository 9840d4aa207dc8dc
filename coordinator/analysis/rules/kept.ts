/** Rule of every run: not everybody was thrown out before they heard a thing. Pure; listed in registry.ts. */
import { count } from "../text.ts";
import { impliedRule } from "./implied-rule.ts";

export const kept = impliedRule({
  name: "kept",
  measure: "connections",
  statistic: "dropped",
  question: "Did the target keep any connection?",
  brokenWhen:
    "every connection was ended by the target or the network, and nothing was ever received",
  precedence: 5,
  breach({ fold }) {
    const { established, dropped, received } = fold.merge.counters();
    if (established === 0) return { notJudged: "no connection was established" };
    if (dropped < established || received > 0) return null;
    return {
      broken: `each of ${count(established)} connections was ended by the target or the network, and nothing was received`,
    };
  },
});
