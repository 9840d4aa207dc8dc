/**
 * Goal: a reader of a run's stream gets every item once and in order, however slowly it reads, and no more waits for it than
 * its connection takes. Method: a real server and sockets that stop reading.
 */
import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { RunInfo } from "../../../coordinator/http/routes/run-info.ts";
import { streamRun } from "../../../coordinator/http/routes/stream.ts";
import { RunFeed } from "../../../coordinator/service/run-feed.ts";
import type { RunEvent } from "../../../coordinator/store/event.ts";

const ITEMS = 900;
const PAD = "x".repeat(20_000);

let server: Server;
let feed: RunFeed;
let ended = 0;
let response: ServerResponse | null = null;

beforeEach(async () => {
  feed = new RunFeed("abc");
  ended = 0;
  server = createServer((_, answer) => {
    response = answer;
    const info = {} as RunInfo;
    streamRun(feed, { response: answer, info, lastId: "", mayStay: () => true }, () => ended++);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

async function ask() {
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk.toString();
  });
  socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await expect.poll(() => text).toContain("snapshot");
  const ids = () => [...text.matchAll(/^id: abc-(\d+)$/gm)].map(([, id]) => Number(id));
  return { socket, ids, text: () => text };
}

const note = (at: number) =>
  ({ ...{ type: "note", text: `${at} ${PAD}` }, wallMs: 0, elapsedUs: 0 }) as unknown as RunEvent;

test("a reader that stops gets what it missed, in order, and little waits for it meanwhile", async () => {
  const reader = await ask();
  reader.socket.pause();
  for (let at = 0; at < ITEMS; at++) {
    feed.push({ kind: "event", event: note(at) });
    if (at % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  expect(response?.writableLength).toBeLessThan(3 * PAD.length);
  feed.push({ kind: "end", state: "done", exitCode: 0 });
  expect(reader.text()).not.toContain("event: end");
  reader.socket.resume();
  await expect.poll(() => reader.text(), { timeout: 20_000 }).toContain("event: end");
  expect(reader.ids()).toEqual(Array.from({ length: ITEMS + 1 }, (_, at) => at + 1));
  expect(ended).toBe(1);
});

test("a reader that comes late gets the newest that are kept, at its own speed", async () => {
  for (let at = 0; at < ITEMS; at++) feed.push({ kind: "event", event: note(at) });
  const reader = await ask();
  await expect.poll(() => reader.ids().at(-1), { timeout: 20_000 }).toBe(ITEMS);
  feed.push({ kind: "event", event: note(ITEMS) });
  await expect.poll(() => reader.ids().length).toBe(ITEMS + 1);
  reader.socket.destroy();
  await expect.poll(() => ended).toBe(1);
  feed.push({ kind: "event", event: note(0) });
});
