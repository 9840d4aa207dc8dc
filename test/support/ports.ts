/** Ports of this machine that nobody listens on. Used by tests and chaos. */
import { once } from "node:events";
import { createServer } from "node:net";

/** It was just free on 127.0.0.1; others may take it at any time. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (typeof address !== "object" || address === null) throw new Error("no port is free");
  return address.port;
}
