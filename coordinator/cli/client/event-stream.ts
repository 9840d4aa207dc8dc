/**
 * Reads server-sent events. Used by watch.ts. Invariant: events come whole and in order, however the bytes are cut; an
 * event larger than its bound, or silence, ends the reading.
 */
import { within } from "../../../shared/bus/bounded-calls.ts";
import { systemTimers } from "../../../shared/time/timer.ts";

const MAX_PENDING = 8 * 1024 * 1024;

export interface ServerEvent {
  readonly id: string;
  readonly kind: string;
  readonly data: string;
}

/** A coordinator says something every 15 s: what is silent for longer is a proxy that keeps it, or a dead connection. */
const SILENCE_MS = 45_000;

/** @throws Error when nothing comes for `silenceMs` */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
  silenceMs = SILENCE_MS,
): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder();
  let pending = "";
  for await (const chunk of chunksOf(body, silenceMs)) {
    pending += decoder.decode(chunk, { stream: true });
    for (let end = pending.indexOf("\n\n"); end >= 0; end = pending.indexOf("\n\n")) {
      const event = eventOf(pending.slice(0, end));
      pending = pending.slice(end + 2);
      if (event !== null) yield event;
    }
    if (pending.length > MAX_PENDING) throw new Error("an event is too large");
  }
}

async function* chunksOf(
  body: ReadableStream<Uint8Array>,
  silenceMs: number,
): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  const error = () => new Error(`nothing came for ${silenceMs / 1000} s`);
  try {
    for (;;) {
      const read = reader.read();
      const { done, value } = await within(read, { timers: systemTimers, ms: silenceMs, error });
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
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
