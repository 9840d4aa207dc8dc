/**
 * Server-sent events of one run: its events as they happen, its view once a second, and its end. Used by runs.ts.
 * Invariant: an event's id is its number, so who reconnects with Last-Event-ID goes on where it was; a reader that does
 * not keep up is cut off, and reconnects.
 */
import type { ServerResponse } from "node:http";
import type { FeedItem, RunFeed } from "../service/run-feed.ts";

/** Bytes that may wait for a slow reader. */
const MOST_WAITING = 4 * 1024 * 1024;
const HEARTBEAT_MS = 15_000;

/** Writes until the run ends or the reader goes. @param afterId of the last event the reader has; 0 for none */
export function streamRun(feed: RunFeed, response: ServerResponse, afterId: number): void {
  response.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
  });
  response.write("retry: 1000\n\n");
  let over = false;
  const finish = () => {
    if (over) return;
    over = true;
    unlisten();
    clearInterval(heartbeat);
    response.end();
  };
  const send = (item: FeedItem) => {
    if (over) return;
    response.write(eventText(item));
    if (item.kind === "end" || response.writableLength > MOST_WAITING) finish();
  };
  const heartbeat = setInterval(() => response.write(": still here\n\n"), HEARTBEAT_MS);
  const unlisten = feed.listen(send);
  response.on("close", finish);
  for (const item of feed.after(afterId)) send(item);
}

function eventText(item: FeedItem): string {
  const { id, kind, ...rest } = item;
  const data = "event" in rest ? rest.event : "view" in rest ? rest.view : rest;
  return `id: ${id}\nevent: ${kind}\ndata: ${JSON.stringify(data)}\n\n`;
}
