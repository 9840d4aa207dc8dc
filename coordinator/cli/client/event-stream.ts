/**
 * Reads server-sent events. Used by watch.ts. Invariant: events come whole and in order, however the bytes are cut; an
 * event larger than its bound ends the reading.
 */
const MAX_PENDING = 8 * 1024 * 1024;

export interface ServerEvent {
  readonly id: string;
  readonly kind: string;
  readonly data: string;
}

export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder();
  let pending = "";
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    pending += decoder.decode(chunk, { stream: true });
    for (let end = pending.indexOf("\n\n"); end >= 0; end = pending.indexOf("\n\n")) {
      const event = eventOf(pending.slice(0, end));
      pending = pending.slice(end + 2);
      if (event !== null) yield event;
    }
    if (pending.length > MAX_PENDING) throw new Error("an event is too large");
  }
}

/** null for comments and fields that are no event. */
function eventOf(text: string): ServerEvent | null {
  const fields = new Map<string, string>();
  for (const line of text.split("\n")) {
    const at = line.indexOf(":");
    if (at > 0) fields.set(line.slice(0, at), line.slice(at + 1).replace(/^ /, ""));
  }
  const data = fields.get("data");
  if (data === undefined) return null;
  return { id: fields.get("id") ?? "", kind: fields.get("event") ?? "message", data };
}
