/**
 * Server-sent events of one run: what it looks like now, then its events as they happen, its view once a second, and its
 * end. Used by actions.ts. Invariant: whoever reconnects with Last-Event-ID goes on where it was, with a coordinator that
 * was started again from its first event; for a reader that does not keep up nothing waits but what the feed keeps for all.
 */
import type { ServerResponse } from "node:http";
import type { FeedItem, RunFeed } from "../../service/run-feed.ts";
import type { RunInfo } from "./run-info.ts";

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
  /** Of the last item that was written. */
  let last = lastId;
  /** Until the reader has taken what was written; then it gets the rest from the feed. */
  let isSlow = false;
  const finish = () => {
    if (over) return;
    over = true;
    unlisten();
    clearInterval(heartbeat);
    response.end();
    onEnd();
  };
  const send = (item: FeedItem) => {
    last = feed.idOf(item);
    isSlow = !response.write(textOf(last, item));
    if (item.kind === "end") finish();
    else if (isSlow) response.once("drain", catchUp);
  };
  const catchUp = () => {
    isSlow = false;
    for (const item of feed.after(last)) {
      if (over || isSlow) return;
      send(item);
    }
  };
  const heartbeat = setInterval(() => {
    if (!mayStay()) finish();
    else if (!isSlow) response.write(": still here\n\n");
  }, HEARTBEAT_MS);
  const unlisten = feed.listen((item) => {
    if (!over && !isSlow) send(item);
  });
  response.on("close", finish);
  catchUp();
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
