/**
 * What every upgrade behaviour is: a file of this folder that exports one, and a line in registry.ts. The document's
 * schema, /stats, docs/target.md and the conformance test follow from the registry.
 * Invariant: a behaviour that acts on an upgrade accepts nothing, and counts it under the names of its `meta.counts` alone.
 */
import type { z } from "zod";
import type { HttpRequest } from "../../connection/request.ts";
import type { BehaviourMeta, GivenMeta } from "../behaviour-meta.ts";

/** What can be done with a request to upgrade; connection/opening.ts does it. */
export interface UpgradeHands {
  /** An HTTP answer with this status, counted as refused. */
  refuse(status: number, why: string, lines?: readonly string[]): void;
  /** Any answer, as bytes in latin1. */
  answer(response: string): void;
  /** An answer byte by byte, one `everyMs`, up to the last one, which never comes. */
  trickle(response: string, everyMs: number): void;
  /** RST. */
  reset(): void;
  count(name: string): void;
}

export interface UpgradeBehaviour<Name extends string = string, Count extends string = string> {
  readonly meta: BehaviourMeta<Name, Count>;
  /** Schema of one rule. */
  readonly rule: z.ZodType;
  /** Acts on what comes faster than this, in place of a choice of events; undefined: it chooses. */
  abovePerSec(given: unknown): number | undefined;
  act(request: HttpRequest, given: unknown, hands: UpgradeHands): void;
}

export function upgradeBehaviour<
  const Name extends string,
  const Count extends string,
  Rule extends z.ZodType,
>(
  meta: GivenMeta<Name, Count> & {
    readonly rule: Rule;
    readonly abovePerSec?: (given: z.output<Rule>) => number | undefined;
  },
  act: (request: HttpRequest, given: z.output<Rule>, hands: UpgradeHands) => void,
): UpgradeBehaviour<Name, Count> {
  const { rule, most = 1, abovePerSec = () => undefined, ...rest } = meta;
  return {
    meta: { ...rest, most },
    rule,
    // What passed the schema is what it says.
    abovePerSec: abovePerSec as UpgradeBehaviour["abovePerSec"],
    act: act as UpgradeBehaviour["act"],
  };
}
