/**
 * The part of summary.json on integrity: what was audited, what came of it, and how much that says. Pure; schema and section in
 * one, used by summary.ts and summary-schema.ts. Invariant: null is what was not audited; where no leak was seen, `upperBound`
 * is the share of messages that may leak all the same (the rule of three, 95 %).
 */
import { z } from "zod";
import { breachesOf } from "../analysis/breaches.ts";
import type { RunFold } from "../merge/run-fold.ts";
import { toMs } from "./quantiles.ts";
import { count, ms, share } from "./summary-measures.ts";

/** With none in n observations, the share is below 3 / n with a confidence of 95 %. */
const RULE_OF_THREE = 3;

const orderSchema = z.object({
  /** Numbered messages that were judged, and those there was no room for. */
  audited: count,
  unaudited: count,
  /** Of messages.lost and duplicated: those told by numbers. */
  missing: count,
  repeated: count,
  /** Numberings that began anew. */
  restarted: count,
  /** Over reconnects: numbers used while a connection was away that never came, and messages that came a second time. */
  missedAway: count,
  replayed: count,
});

const boundSchema = share.nullable();

const breachSchema = z.object({
  /** Who got a message of whom, and the scope. */
  what: z.string(),
  count,
  firstSeen: ms,
  samples: z.array(z.object({ connection: count, atMs: ms, message: z.string() })),
});

const isolationSchema = z.object({
  /** Messages that say whose they are; null without integrity.isolation.owner. */
  owner: z.object({ judged: count, upperBound: boundSchema }).nullable(),
  /** Messages searched for marks of other users; null without integrity.isolation.canary. */
  canary: z
    .object({
      searched: count,
      /** Connections, each time they were open, that got their own mark back: the proof that it would be seen. */
      heardOwn: count,
      upperBound: boundSchema,
    })
    .nullable(),
  leaked: count,
  breaches: z.array(breachSchema),
});

export const integritySchema = z.object({
  /** Echoes carried stamps. */
  stamp: z.boolean(),
  order: orderSchema.nullable(),
  isolation: isolationSchema.nullable(),
});

export type SummaryIntegrity = z.infer<typeof integritySchema>;

export function integritySection(fold: RunFold): SummaryIntegrity {
  const { stamp, order, isolation } = fold.facts.scenario.integrity;
  const counters = fold.merge.counters();
  const isWatched = stamp || isolation.canary || isolation.owner !== null || counters.leaked > 0;
  return {
    stamp,
    order:
      order === null
        ? null
        : {
            audited: counters.audited,
            unaudited: counters.unaudited,
            missing: counters.missing,
            repeated: counters.repeated,
            restarted: counters.restarted,
            missedAway: counters.missedAway,
            replayed: counters.replayed,
          },
    isolation: isWatched ? isolationOf(fold) : null,
  };
}

function isolationOf({ facts, merge }: RunFold): SummaryIntegrity["isolation"] {
  const { owner, canary } = facts.scenario.integrity.isolation;
  const { owned, searched, heardOwn, leaked } = merge.counters();
  const bound = (n: number) => (leaked > 0 || n === 0 ? null : Math.min(1, RULE_OF_THREE / n));
  return {
    owner: owner === null ? null : { judged: owned, upperBound: bound(owned) },
    canary: canary
      ? { searched, heardOwn, upperBound: heardOwn > 0 ? bound(searched) : null }
      : null,
    leaked,
    breaches: breachesOf(merge).map(({ what, count: seen, firstUs, samples }) => ({
      what,
      count: seen,
      firstSeen: toMs(firstUs),
      samples: samples.map(({ connection, atUs, detail }) => {
        return { connection, atMs: toMs(atUs), message: detail };
      }),
    })),
  };
}
