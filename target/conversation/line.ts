/** Messages of the rooms as lines, for connections that speak text. Called by the dialogue and the rooms. Pure. */

/** A message of the rooms as a line; null for one that has no line. */
export function lineOf(json: Readonly<Record<string, unknown>>): string | null {
  const { type, room, from, seq, ts, text: words } = json;
  if (type === "joined" || type === "ack") return `ACK ${String(json["id"])}`;
  if (type !== "said") return null;
  return `SAID ${String(room)} ${String(from)} ${String(seq)} ${String(ts)} ${String(words)}`;
}
