/**
 * `connect.reconnect`: what to do when a connection is lost or refused. Called by connect.ts. Invariant: a key that has no
 * meaning with the policy is refused and not ignored.
 */
import * as z from "zod";
import { about, duration, fault, strict, whole } from "../shape/fields.ts";
import type { StrictReconnect } from "../strict.ts";
import { RECONNECT_POLICIES } from "../strict-connect.ts";
import { formatDuration } from "../units.ts";

const DEFAULT_MIN_US = 500_000;
const DEFAULT_MAX_US = 30_000_000;
const DEFAULT_ATTEMPTS = 10;

const NONE: StrictReconnect = { policy: "none", minUs: 0, maxUs: 0, attempts: 0 };

export function reconnect() {
  return strict({
    policy: about(
      z.enum(RECONNECT_POLICIES),
      "How long to wait before connecting again: see docs/faults.md.",
      "full-jitter",
    ),
    min: about(
      duration().optional(),
      `Shortest wait (the wait, with fixed). Default: ${formatDuration(DEFAULT_MIN_US)}.`,
      "500ms",
    ),
    max: about(
      duration().optional(),
      `Longest wait. Default: ${formatDuration(DEFAULT_MAX_US)}.`,
      "30s",
    ),
    attempts: about(
      whole(1, 1_000_000).optional(),
      `Attempts after a connection was lost or refused. Default: ${DEFAULT_ATTEMPTS}.`,
      10,
    ),
  }).transform((value, context): StrictReconnect => {
    const { policy, min: minUs = DEFAULT_MIN_US, attempts = DEFAULT_ATTEMPTS } = value;
    if (policy === "none") {
      for (const key of ["min", "max", "attempts"]) {
        if (!Object.hasOwn(value, key)) continue;
        const hint = "choose a policy, or remove it";
        fault(context, [`${key} has no meaning with policy none`, hint], { path: [key] });
      }
      return NONE;
    }
    if (policy === "fixed") {
      const what = "max has no meaning with policy fixed";
      if (value.max !== undefined) fault(context, [what, "min is the wait"], { path: ["max"] });
      return { policy, minUs, maxUs: minUs, attempts };
    }
    const maxUs = value.max ?? Math.max(DEFAULT_MAX_US, minUs);
    if (minUs > maxUs) fault(context, ["min is longer than max", ""], { path: ["min"] });
    return { policy, minUs, maxUs, attempts };
  });
}

export function writtenReconnect({
  policy,
  minUs,
  maxUs,
  attempts,
}: StrictReconnect): z.input<ReturnType<typeof reconnect>> {
  const min = formatDuration(minUs);
  if (policy === "none") return { policy };
  if (policy === "fixed") return { policy, min, attempts };
  return { policy, min, max: formatDuration(maxUs), attempts };
}
