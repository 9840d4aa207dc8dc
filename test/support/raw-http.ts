/**
 * HTTP as bytes, for what no client library sends. Used by the tests of servers of ours. Invariant: what comes back is
 * everything the server said until the connection was closed; nothing is resent or followed.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";

export interface Said {
  readonly text: string;
  /** Of every response in it, in order. */
  readonly statuses: readonly number[];
}

/** For what the server waits for more of: then the client goes. */
const SILENT_MS = 5000;

/** Sends the bytes and reads until the server has closed; the last request should ask for that (`lastHead`). */
export async function say(url: string, bytes: string | Buffer): Promise<Said> {
  const socket = await dial(url);
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk.toString("latin1");
  });
  socket.setTimeout(SILENT_MS, () => socket.end());
  socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
  await once(socket, "close");
  const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
  return { text, statuses };
}

/** A connection to a server. @param from an address of this machine, so that it counts as another client */
export async function dial(url: string, from?: string): Promise<Socket> {
  const { hostname: host, port } = new URL(url);
  const socket = connect({
    ...{ host, port: Number(port) },
    ...(from === undefined ? {} : { localAddress: from }),
  });
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

/** A request head, ending with its empty line. @param headers lines without their ends */
export function head(line: string, ...headers: readonly string[]): string {
  return [`${line} HTTP/1.1`, "Host: 127.0.0.1", ...headers, "", ""].join("\r\n");
}

/** Of the last request on its connection. */
export function lastHead(line: string, ...headers: readonly string[]): string {
  return head(line, "Connection: close", ...headers);
}
