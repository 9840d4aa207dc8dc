/**
 * Rule of every run: no message of one user came to another. Pure; listed in registry.ts. Invariant: it counts the whole run,
 * excluded phases too, and whatever else is broken; one leak is enough.
 */
import { breachesOf } from "../breaches.ts";
import { count } from "../text.ts";
import { impliedRule } from "./implied-rule.ts";

/** Named in the verdict; the report has more. */
const MAX_NAMED = 3;

export const isolated = impliedRule({
  name: "isolated",
  measure: "delivery",
  statistic: "leaked",
  question: "Did every message come to its own user?",
  brokenWhen:
    "a message of one user came to another, as stamps, `integrity.isolation.owner` or `integrity.isolation.canary` tell; in any phase",
  precedence: 5,
  isAlone: true,
  breach({ fold }) {
    const { leaked } = fold.merge.counters();
    if (leaked === 0) return null;
    const all = breachesOf(fold.merge);
    const named = all.slice(0, MAX_NAMED).map(({ what }) => what);
    const more = all.length > named.length ? `; and ${count(all.length - named.length)} more` : "";
    const broken = `${count(leaked)} ${leaked === 1 ? "message" : "messages"} of other users: ${named.join("; ")}${more}`;
    return { broken, value: leaked };
  },
});
