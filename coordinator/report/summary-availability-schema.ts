/**
 * What summary.json says of availability: who was served of those that should have been. Part of summary-schema.ts. Invariant: what
 * was not measured is null; what faults of the scenario are to blame for is in `injected` and nowhere else.
 */
import { z } from "zod";
import { count, ms, share } from "./summary-measures.ts";

const seconds = z.number().min(0);
/** Of 95 %. `high` null: nothing bounds it from above. */
const interval = z.object({ low: seconds, high: seconds.nullable() }).nullable();

const outageSchema = z.object({
  /** Label of the target, or its URL; null: all together. */
  target: z.string().nullable(),
  /** Milliseconds of run time. */
  from: ms,
  to: ms,
  /** Share of users that were down in the worst second, and how many that were. */
  depth: share,
  users: count,
  /** Time of users that it took. */
  userSeconds: seconds,
  /** It was not over when the measuring was. */
  goesOn: z.boolean(),
});

export const availabilitySchema = z.object({
  /** Share of the time of users in which they were served, of those that should have been. */
  userUptime: share.nullable(),
  /** Of 95 %, with the independent trials it rests on; null: the run is too short. */
  interval: z.object({ low: share, high: share, trials: z.number() }).nullable(),
  /** Time of users. */
  upSeconds: seconds,
  downSeconds: seconds,
  /** Run time that was looked at. */
  observedSeconds: seconds,
  injected: z.object({ upSeconds: seconds, downSeconds: seconds }),
  /** The worst stretch of each length that fits. */
  worst: z.array(z.object({ seconds, userUptime: share, from: ms })),
  /** Time without an outage for each; null: there was none, and the interval has the least it is. */
  mtbfSeconds: seconds.nullable(),
  mtbfInterval: interval,
  /** Mean length of those that ended. */
  mttrSeconds: seconds.nullable(),
  mttrInterval: interval,
  /** Outages of all together, whether or not they are listed. */
  outageCount: count,
  /** At most 200, of all together first. */
  outages: z.array(outageSchema),
  /** Time served for each connection that was dropped. */
  connections: z.object({
    dropped: count,
    mtbfSeconds: seconds.nullable(),
    mtbfInterval: interval,
  }),
  /** What is asked for, and downtime as a multiple of what that allows. */
  objective: share,
  burn: seconds,
  /** What counts as an outage. */
  rule: z.object({ below: share, lastsSeconds: seconds, mergeSeconds: seconds }),
});

export type SummaryAvailability = z.infer<typeof availabilitySchema>;
