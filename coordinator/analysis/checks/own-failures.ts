/** Check: attempts and connections our side failed; they say nothing of the target. Pure; listed in registry.ts. */
import type { FailureKind } from "../../../shared/stats/failure-kind.ts";
import { atMost, type Check, evidence } from "../check.ts";
import { ownFailures as failuresOf } from "../failures.ts";

export const ownFailures: Check = {
  meta: {
    id: "generator/own-failures",
    kind: "validity",
    question: "Did it have enough ports, file descriptors and memory?",
    doc: [
      "ports, file descriptors and memory sufficed",
      "no attempt failed on this side",
      "always",
    ],
    precedence: 14,
    isLive: true,
  },
  judge({ fold }) {
    const failures = failuresOf(fold.merge);
    const value = failures.reduce((sum, [, count]) => sum + count, 0);
    return atMost(
      { measure: "attempts it failed itself", unit: "count", value },
      {
        limit: 0,
        evidence: evidence(...failures.map(([kind, count]) => sentence(kind, count))),
      },
    );
  },
};

function sentence(kind: FailureKind, count: number): string {
  switch (kind) {
    case "scenario-value":
      return `The scenario itself failed ${count} attempts to connect: a value in them cannot be sent (${kind}).`;
    case "memory-limit":
      return `The load generator itself ended ${count} connections: messages that were not complete took more memory than an engine gives them (${kind}).`;
    case "unknown-open":
      return `${count} failures are of kinds that only the workers' version of Onrush knows (${kind}).`;
    default:
      return `The load generator itself failed ${count} attempts to connect (${kind}).`;
  }
}
