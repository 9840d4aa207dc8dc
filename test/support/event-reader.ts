/**
 * Reads the event stream of a run as a client would, with its own reading of the format. Used by the integration tests of
 * the service. Invariant: what it keeps is what came, in order.
 */
import type { Coordinator } from "./coordinator.ts";

export interface StreamEvent {
  readonly id: string | null;
  readonly kind: string;
  readonly data: Record<string, unknown>;
}

/**
 * Reads from the event after `lastId` until `until` says so, or the stream ends.
 * @returns what came, whether the server ended the stream, and the last id
 */
export async function readStream(
  coordinator: Coordinator,
  run: string,
  {
    lastId = "",
    until = () => false,
  }: { lastId?: string; until?: (event: StreamEvent) => boolean },
): Promise<{ events: StreamEvent[]; ended: boolean; lastId: string }> {
  const response = await fetch(coordinator.address(`/runs/${run}/stream`), {
    headers: lastId === "" ? {} : { "last-event-id": lastId },
  });
  if (response.status !== 200 || response.body === null) {
    throw new Error(`no stream: ${response.status} ${await response.text()}`);
  }
  const events: StreamEvent[] = [];
  let last = lastId;
  let pending = "";
  const decoder = new TextDecoder();
  try {
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      pending += decoder.decode(chunk, { stream: true });
      const blocks = pending.split("\n\n");
      pending = blocks.pop() ?? "";
      for (const event of blocks.flatMap(readBlock)) {
        events.push(event);
        last = event.id ?? last;
        if (until(event)) {
          return { events, ended: false, lastId: last };
        }
      }
    }
    return { events, ended: true, lastId: last };
  } catch (error) {
    // The coordinator was killed: what came until then is what there is.
    if (!(error instanceof TypeError)) throw error;
    return { events, ended: false, lastId: last };
  }
}

function readBlock(block: string): StreamEvent[] {
  let id: string | null = null;
  let kind = "message";
  let data = "";
  for (const line of block.split("\n")) {
    if (line.startsWith("id: ")) id = line.slice(4);
    else if (line.startsWith("event: ")) kind = line.slice(7);
    else if (line.startsWith("data: ")) data = line.slice(6);
    else if (!line.startsWith(":") && !line.startsWith("retry: ")) {
      throw new Error(`a line that is none of an event stream: ${line}`);
    }
  }
  return data === "" ? [] : [{ id, kind, data: JSON.parse(data) as Record<string, unknown> }];
}
