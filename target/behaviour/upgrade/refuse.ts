/** An HTTP status in place of the 101, for some upgrades or for those above a rate. */
import { z } from "zod";
import { isGiven, isOne, pick, pickGiven, pickOne, refusalStatus } from "../dials.ts";
import { upgradeBehaviour } from "./upgrade-behaviour.ts";

const rule = z
  .strictObject({
    ...pick,
    status: refusalStatus,
    retryAfterSec: z.int().min(0).max(86_400).optional(),
    /** Refuse only what comes faster than this. */
    abovePerSec: z.number().positive().max(1_000_000).optional(),
  })
  .refine((given) => isGiven(given) || given.abovePerSec !== undefined, pickGiven)
  .refine(isOne, pickOne)
  .refine(
    (given) => !(isGiven(given) && given.abovePerSec !== undefined),
    "abovePerSec stands alone",
  );

export const refuse = upgradeBehaviour(
  {
    name: "refuse",
    rule,
    most: 20,
    abovePerSec: ({ abovePerSec }) => abovePerSec,
    counts: ["refused"],
    doc: "HTTP `status`, with `retryAfterSec` if given; `abovePerSec` refuses only what comes faster. Also in `upgradesRefused`",
    example: { count: 1, status: 503 },
  },
  (_, { status, retryAfterSec }, hands) => {
    hands.count("refused");
    const lines = retryAfterSec === undefined ? [] : [`Retry-After: ${retryAfterSec}`];
    hands.refuse(status, "refused", lines);
  },
);
