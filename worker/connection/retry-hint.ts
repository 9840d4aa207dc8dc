/**
 * When a service wants to be tried again: Retry-After of a refused upgrade (RFC 9110, 10.2.3), or the same words in the reason of a
 * Close frame. Called by loss.ts for the policy server-hint. Invariant: text of the target is read by one bounded expression, and what is no hint is none.
 */

/** A Close reason has 123 bytes, what is kept of an answer little more. */
const MAX_CHARS = 400;
const HINT =
  /retry[-_ ]?(?:after|in)(?:[-_ ]?(ms))?["']?\s{0,3}[:=]?\s{0,3}["']?(\d{1,9}(?:\.\d{1,6})?)\s?(ms|s|m)?\b/i;
const UNITS_US: Readonly<Record<string, number>> = { ms: 1000, s: 1_000_000, m: 60_000_000 };

/** Microseconds; null: it says nothing. A number without a unit is seconds. */
export function retryHintUs(said: string): number | null {
  const [, named, digits, unit] = HINT.exec(said.slice(0, MAX_CHARS)) ?? [];
  if (digits === undefined) return null;
  return Number(digits) * (UNITS_US[(unit ?? named ?? "s").toLowerCase()] ?? 0);
}
