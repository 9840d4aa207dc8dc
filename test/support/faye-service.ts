/**
 * A publish and subscribe service that is not ours: faye (Bayeux over WebSocket) in a process of this test run, with a login by
 * token as its documents have it, and a count of its own, taken from its events and extensions. Used by
 * test/integration/faye.test.ts.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";

interface Message {
  readonly channel: string;
  readonly ext?: { readonly token?: string };
  readonly data?: unknown;
  readonly successful?: boolean;
  error?: string;
}
type Pass = (message: Message) => void;
interface Bayeux {
  attach(server: object): void;
  addExtension(extension: {
    incoming?: (message: Message, pass: Pass) => void;
    outgoing?: (message: Message, pass: Pass) => void;
  }): void;
  on(event: string, act: (clientId: string, channel: string) => void): void;
  close(): void;
}
interface Faye {
  readonly NodeAdapter: new (options: { mount: string; timeout: number }) => Bayeux;
}

/** It has no types of its own. */
const faye = createRequire(import.meta.url)("faye") as Faye;

export interface FayeCounts {
  handshakes: number;
  refused: number;
  subscribed: number;
  published: number;
  /** Messages given to subscribers. */
  delivered: number;
  disconnected: number;
}

export interface FayeService extends AsyncDisposable {
  readonly url: string;
  readonly counts: FayeCounts;
}

/** @param token what a handshake must bring */
export async function startFaye(token: string): Promise<FayeService> {
  const counts: FayeCounts = {
    ...{ handshakes: 0, refused: 0, subscribed: 0, published: 0, delivered: 0, disconnected: 0 },
  };
  const bayeux = new faye.NodeAdapter({ mount: "/bayeux", timeout: 20 });
  bayeux.addExtension({
    incoming: (message, pass) => {
      if (message.channel === "/meta/handshake" && message.ext?.token !== token) {
        counts.refused += 1;
        message.error = "401::a token is wanted";
      }
      pass(message);
    },
    outgoing: (message, pass) => {
      const isPushed = message.channel.startsWith("/rooms/") && message.data !== undefined;
      if (isPushed && message.successful === undefined) counts.delivered += 1;
      pass(message);
    },
  });
  bayeux.on("handshake", () => (counts.handshakes += 1));
  bayeux.on("subscribe", () => (counts.subscribed += 1));
  bayeux.on("publish", () => (counts.published += 1));
  bayeux.on("disconnect", () => (counts.disconnected += 1));
  const server = createServer();
  bayeux.attach(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/bayeux`,
    counts,
    async [Symbol.asyncDispose]() {
      bayeux.close();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
