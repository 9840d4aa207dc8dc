/**
 * Points in time as reports show them. Called by every format for people. Invariant: the same everywhere, whatever the
 * language and time zone of the machine.
 */

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** ISO 8601 -> "14 Nov 2023, 22:13:20 UTC". */
export function formatMoment(iso: string): string {
  const at = new Date(iso);
  const day = `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]} ${at.getUTCFullYear()}`;
  return `${day}, ${at.toISOString().slice(11, 19)} UTC`;
}
