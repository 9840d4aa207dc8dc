/**
 * Which runs are made: of which case, against which server, how strong, with which seed. Pure; called by main.ts. Invariant: no seed of
 * the test split is one of development, so that no threshold was ever set by the runs that it is tested with.
 */
import { type Case, STRENGTHS, type Strength, type Trial } from "./case-file.ts";

/** Development has the seeds from 1 on; those that can be asked for are fewer. */
export const FIRST_TEST_SEED = 1003;

/** The short set. */
export function gateTrials(one: Case): readonly Trial[] {
  return one.gate === undefined
    ? []
    : [{ case: one, server: one.gate, strength: "strong", seed: 1 }];
}

/** Development: each case against each server, at each strength. */
export function allTrials(one: Case, seeds: number): readonly Trial[] {
  return one.servers.flatMap((server) =>
    strengthsOf(one).flatMap((strength) =>
      counted(seeds).map((at) => ({ case: one, server, strength, seed: 1 + at })),
    ),
  );
}

/** Test split: each fault at each strength against one of its servers, in turn; what is healthy against each. */
export function testTrials(one: Case, seeds: number): readonly Trial[] {
  return counted(seeds).flatMap((at) => {
    const seed = FIRST_TEST_SEED + at;
    if (one.label === null) return one.servers.map((server) => healthy(one, server, seed));
    return strengthsOf(one).map((strength, place) => {
      const server = one.servers[(at + place) % one.servers.length] as Trial["server"];
      return { case: one, server, strength, seed };
    });
  });
}

function healthy(one: Case, server: Trial["server"], seed: number): Trial {
  return { case: one, server, strength: strengthsOf(one).at(-1) as Strength, seed };
}

function strengthsOf(one: Case): readonly Strength[] {
  return STRENGTHS.filter((strength) => strength in one.strengths);
}

function counted(count: number): readonly number[] {
  return Array.from({ length: count }, (_, at) => at);
}
