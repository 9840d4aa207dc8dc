/** Check: the conservation laws every run's counts obey (merge/ledger.ts). Pure; listed in registry.ts. */
import type { Ledger } from "../../merge/ledger.ts";
import { type Check, isTrueThat } from "../check.ts";

/** Laws that are named; summary.json has them all. */
const MAX_NAMED = 3;

export const ledger: Check = {
  meta: {
    id: "results/ledger",
    kind: "validity",
    question: "Do connections and messages add up?",
    doc: ["connections and messages add up", "the ledger balances", "always"],
    precedence: 5,
  },
  judge({ ledger: { balanced, differences } }) {
    const value = balanced ? "balanced" : "does not balance";
    return isTrueThat(balanced, { measure: "the ledger", unit: "word", value }, named(differences));
  },
};

function named(differences: Ledger["differences"]): string {
  const all = Object.entries(differences);
  const laws = all.slice(0, MAX_NAMED).map(([law, difference]) => `${law} is off by ${difference}`);
  const more = all.length > MAX_NAMED ? `; and ${all.length - MAX_NAMED} more` : "";
  return `The ledger does not balance: ${laws.join("; ")}${more}.`;
}
