/** All kinds of rules of the environment: a new one is one file and one line here. Called by ../environment.ts and coordinator/environment. */
import { assert } from "../../../assert.ts";
import { clock } from "./clock.ts";
import { disk } from "./disk.ts";
import { files } from "./files.ts";
import { metric } from "./metric.ts";
import { ports } from "./ports.ts";
import type { RuleKind } from "./rule.ts";
import { url } from "./url.ts";
import { version } from "./version.ts";

export const RULE_KINDS = [url, metric, files, ports, clock, disk, version] as const;

/** What they ask. */
export type EnvironmentAct = ReturnType<(typeof RULE_KINDS)[number]["strict"]>;

/** The kind of this name, which has to be one. */
export function ruleKindOf(name: EnvironmentAct["kind"]): RuleKind<EnvironmentAct> {
  const found = RULE_KINDS.find(({ kind }) => kind === name);
  assert(found !== undefined, `environment: there is no kind ${name}`);
  return found as unknown as RuleKind<EnvironmentAct>;
}
