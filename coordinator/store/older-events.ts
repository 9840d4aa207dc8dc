/**
 * Events as earlier builds wrote them, in the names of today. Called by journal-record.ts for each event that is read.
 * Invariant: entries are only ever added, so that the journals of every released version stay readable.
 */

/** Types of events that were renamed. */
const TYPES: Readonly<Record<string, string>> = {
  "lanes-held": "slices-held",
  "lanes-offered": "slices-offered",
  "lanes-dropped": "slices-dropped",
};
/** Keys that were renamed, in an event and in what it holds. */
const KEYS: Readonly<Record<string, string>> = { lane: "slice", lanes: "slices" };

/** A reviver for JSON.parse, so that nothing is copied. */
export function currentNames(this: unknown, key: string, value: unknown): unknown {
  if (key === "type" && typeof value === "string" && Object.hasOwn(TYPES, value))
    return TYPES[value];
  const name = Object.hasOwn(KEYS, key) ? KEYS[key] : undefined;
  if (name === undefined) return value;
  (this as Record<string, unknown>)[name] = value;
  return undefined;
}
