/**
 * Server-sent events of one run: what it looks like now, then its events as they happen, its view once a second, and its
 * end. Used by actions.ts. Invariant: whoever reconnects with Last-Event-ID goes on where it was, with a coordinator that
 * was started again from its first event; a reader that does not keep up is cut off, and reconnects.
 */
import type { ServerResponse } from "node:http";
import type { FeedItem, RunFeed } from "../../service/run-feed.ts";
import type { RunInfo } from "./run-info.ts";

/** Bytes that may wait for a slow reader. */
const MOST_WAITING = 4 * 1024 * 1024;
const HEARTBEAT_MS = 15_000;

const HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-store",
  "x-accel-buffering": "no",
  "x-content-type-options": "nosniff",
};

/** What a reader gets: the response to write to, the run as it is now, and the id of the last event it has. */
export interface Reader {
  readonly response: ServerResponse;
  readonly info: RunInfo;
  readonly lastId: string;
  /** A token may expire or be taken back while its stream is open. */
  readonly mayStay: () => boolean;
}

/** Writes until the run ends or the reader goes. @param onEnd called once then */
export function streamRun(feed: RunFeed, reader: Reader, onEnd: () => void): void {
  const { response, info, lastId, mayStay } = reader;
  begin(response, info);
  let over = false;
  const finish = () => {
    if (over) return;
    over = true;
    unlisten();
    clearInterval(heartbeat);
    response.end();
    onEnd();
  };
  const send = (item: FeedItem) => {
    if (over) return;
    response.write(textOf(feed.idOf(item), item));
    if (item.kind === "end" || response.writableLength > MOST_WAITING) finish();
  };
  const heartbeat = setInterval(() => {
    if (mayStay()) response.write(": still here\n\n");
    else finish();
  }, HEARTBEAT_MS);
  const unlisten = feed.listen(send);
  response.on("close", finish);
  for (const item of feed.after(lastId)) send(item);
  // Gone before anybody listened for it.
  if (response.destroyed) finish();
}

/** The stream of a run that was over before this coordinator: how it is, and its end. */
export function streamEnd(response: ServerResponse, info: RunInfo): void {
  begin(response, info);
  const { state, exitCode } = info;
  response.end(`event: end\ndata: ${JSON.stringify({ state, exitCode })}\n\n`);
}

function begin(response: ServerResponse, info: RunInfo): void {
  response.writeHead(200, HEADERS);
  response.write(`retry: 1000\n\nevent: snapshot\ndata: ${JSON.stringify(info)}\n\n`);
}

function textOf(id: string, { number: _, kind, ...rest }: FeedItem): string {
  const data = "event" in rest ? rest.event : "view" in rest ? rest.view : rest;
  return `id: ${id}\nevent: ${kind}\ndata: ${JSON.stringify(data)}\n\n`;
}
