/**
 * What each role of a run came to, for summary.json. Pure; called by summary.ts and the report's model. Invariant: counts are exact
 * and add up to the run's; a run without roles has none.
 */
import { RoleAssignment } from "../../shared/load/roles.ts";
import { namesOf, rolesOf, selectedNames } from "../../shared/scenario/names.ts";
import { phasesThatCount } from "../analysis/judged.ts";
import type { RunFold } from "../merge/run-fold.ts";
import type { Summary } from "./summary-schema.ts";
import { distribution, nameCounts } from "./summary-sections.ts";

export function rolesSection(fold: RunFold): Pick<Summary, "roles"> {
  const { scenario, connections } = fold.facts;
  if (scenario.roles.length === 0) return {};
  const indices = RoleAssignment.of(scenario).countsBelow(connections);
  const entries = rolesOf(scenario).map(({ name, share }, role) => {
    const connections = connectionCounts(fold, role, indices[role] ?? 0);
    return [name, { share, connections, messages: messageCounts(fold, role) }] as const;
  });
  return { roles: Object.fromEntries(entries) };
}

type RoleFigures = NonNullable<Summary["roles"]>[string];

/** Of one role alone, the counts are those of the run. */
function countsOf({ merge }: RunFold, role: number) {
  return merge.roleCount === 1 ? merge.counters() : merge.roles.sum(role);
}

function connectionCounts(
  fold: RunFold,
  role: number,
  indices: number,
): RoleFigures["connections"] {
  const { attempted, established, failed, closed, dropped, reconnects } = countsOf(fold, role);
  return { indices, attempted, established, failed, closed, dropped, reconnects };
}

function messageCounts(fold: RunFold, role: number): RoleFigures["messages"] {
  const { scenario } = fold.facts;
  const { name } = rolesOf(scenario)[role] ?? { name: "" };
  const positions = selectedNames(scenario, { name: null, event: null, role: name }) ?? [];
  const replies = positions.flatMap((at) => namesOf(scenario)[at]?.reply ?? []);
  const isAwaited = replies.some(({ match }) => match !== "none");
  const isRejectable = replies.some((reply) => reply.match !== "none" && reply.fail !== null);
  const { planned, skippedNotOpen, skippedBehind, skippedBackpressure, received } = countsOf(
    fold,
    role,
  );
  return {
    planned,
    skipped: skippedNotOpen + skippedBehind + skippedBackpressure,
    received,
    ...nameCounts(fold, { positions, isAwaited, isRejectable }),
    latencyMs: distribution(fold, "latency", {
      phases: phasesThatCount(fold),
      names: positions,
    }),
  };
}
