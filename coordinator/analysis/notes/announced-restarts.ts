/**
 * Note: the service announced a restart, and its connections were soon open again, so that their closes are no failure of it. Pure; listed
 * in registry.ts.
 */
import type { Check } from "../check.ts";
import { type AnnouncedRestart, announcedIn } from "../diagnosis/announced.ts";
import { count } from "../text.ts";

export const announcedRestarts: Check = {
  meta: {
    id: "note/announced-restarts",
    kind: "note",
    question: "Did the service announce a restart, and was everybody back soon?",
    doc: [
      "announced restarts",
      "connections, a twentieth of the open ones and 5 at least, were closed with 1012 (service restart), in 10 seconds for each target and 2.5 times each in an hour at most; 98 % of them were open again within 10 s, as the plan has them; and one attempt for two of them failed meanwhile, at most; no cause is named for that",
      "",
    ],
    precedence: 1,
  },
  judge({ fold }) {
    const restarts = announcedIn(fold);
    const measure = "restarts that the service announced";
    return {
      observed: { measure, unit: "count", value: restarts.length },
      outcome: restarts.length === 0 ? "pass" : "warn",
      evidence: restarts.map((one) => ({ sentence: sentence(one), seconds: [[one.from, one.to]] })),
    };
  },
};

function sentence({ from, backSeconds, closed, failed, targets }: AnnouncedRestart): string {
  const of = targets > 1 ? ` of ${count(targets)} targets, one after another,` : "";
  const back = backSeconds === 0 ? "within a second" : `within ${backSeconds + 1} s`;
  const attempts = failed === 0 ? "no attempt failed" : `${count(failed)} attempts failed`;
  return `At second ${from} the service announced a restart: ${count(closed)} connections${of} were closed with 1012 (service restart), 98 % of them or more were open again ${back} of the last, and ${attempts}.`;
}
