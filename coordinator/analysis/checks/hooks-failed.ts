/** Check: calls of the scenario's hooks that threw or took too long; they say nothing of the target. Pure; listed in registry.ts. */
import { ExitCode } from "../../../shared/errors.ts";
import { atMost, type Check, evidence } from "../check.ts";
import { count } from "../text.ts";

export const hooksFailed: Check = {
  meta: {
    id: "generator/hooks-failed",
    kind: "validity",
    question: "Did every call of the hooks end well?",
    doc: [
      "every call of the scenario's `hooks` ended well ([hooks.md](hooks.md))",
      "none threw or took longer than `hooks.timeout`; else the exit code is 107",
      "when the scenario has hooks",
    ],
    precedence: 7,
    isLive: true,
  },
  judge({ fold }) {
    if (fold.facts.scenario.hooks === null) return [];
    const { byKind } = fold.merge.failures;
    const failed = (byKind.get("hook-failed") ?? 0) + (byKind.get("hook-before") ?? 0);
    const slow = byKind.get("hook-slow") ?? 0;
    const observed = {
      measure: "calls of hooks that failed",
      unit: "count",
      value: failed + slow,
    } as const;
    const said = [
      ...(failed > 0
        ? [
            `${count(failed)} calls of the scenario's hooks failed (hook-failed, hook-before): that is the scenario's doing, and none of the target's.`,
          ]
        : []),
      ...(slow > 0
        ? [
            `${count(slow)} calls of the scenario's hooks took too long, or were not made because too many waited (hook-slow).`,
          ]
        : []),
    ];
    return {
      ...atMost(observed, { limit: 0, evidence: evidence(...said) }),
      exitCode: ExitCode.hookFailed,
    };
  },
};
