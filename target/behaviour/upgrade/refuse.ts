/** An HTTP status in place of the 101, for some upgrades or for those above a rate. */
import { z } from "zod";
import { isGiven, isOne, pick, pickGiven, pickOne } from "../dials.ts";
import { upgradeBehaviour } from "./upgrade-behaviour.ts";

const MAX_HEADERS = 10;

const rule = z
  .strictObject({
    ...pick,
    /** Any final one: a page and a redirect are none of a WebSocket either. */
    status: z.int().min(200).max(599),
    retryAfterSec: z.int().min(0).max(86_400).optional(),
    /** Further headers of the answer, such as those of a proxy. */
    headers: z
      .record(z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/), z.string().regex(/^[ -~]{0,256}$/))
      .refine((given) => Object.keys(given).length <= MAX_HEADERS, `${MAX_HEADERS} headers at most`)
      .default({}),
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
    doc: "HTTP `status`, with `retryAfterSec` and `headers` if given; `abovePerSec` refuses only what comes faster. Also in `upgradesRefused`",
    example: { count: 1, status: 503 },
  },
  (_, { status, retryAfterSec, headers }, hands) => {
    hands.count("refused");
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    if (retryAfterSec !== undefined) lines.push(`Retry-After: ${retryAfterSec}`);
    hands.refuse(status, "refused", lines);
  },
);
