/**
 * Where Prometheus scrapes a run of `onrush run` while it goes on. Opened by launch/metrics/scrape.ts before any load. Invariant: it
 * shows and changes nothing; what is asked for is made then, from the run as it is, so nobody pays who does not ask.
 * Bound: MAX_SCRAPERS connections, requests without a body.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { OnrushError } from "../../../shared/errors.ts";
import { EXPOSITION_TYPE, exposition } from "../../../shared/exposition.ts";
import { isLoopbackHost, parseAuthority, parseHost } from "../../../shared/net/host.ts";
import { formatListenAddress, type ListenAddress } from "../../../shared/scenario/output.ts";
import type { RunMeasures } from "../../live/measures.ts";
import { runMetrics } from "./run-metrics.ts";

const MAX_SCRAPERS = 16;
const PATH = "/metrics";
const REQUEST_TIMEOUT_MS = 10_000;

export interface MetricsEndpoint {
  /** With the port the system chose for 0. */
  readonly url: string;
  /** Cuts who is still there. */
  close(): Promise<void>;
}

/**
 * @param read what there is of the run; null before it is on disk
 * @throws OnrushError ONRUSH_ADDRESS_UNUSABLE
 */
export async function openMetricsEndpoint(
  address: ListenAddress,
  read: () => RunMeasures | null,
): Promise<MetricsEndpoint> {
  const local = isLoopbackHost(parseHost(address.host) ?? "");
  const server = createServer((request, response) => answer(request, response, { local, read }));
  server.maxConnections = MAX_SCRAPERS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.headersTimeout = REQUEST_TIMEOUT_MS;
  await listen(server, address);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${formatListenAddress({ ...address, port })}${PATH}`,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function listen(server: Server, address: ListenAddress): Promise<void> {
  server.listen(address.port, address.host);
  try {
    await once(server, "listening");
  } catch (error) {
    throw new OnrushError({
      code: "ONRUSH_ADDRESS_UNUSABLE",
      message: `cannot listen on ${formatListenAddress(address)} for Prometheus: ${(error as Error).message}`,
      remedy:
        "choose another port, e.g. `onrush run --out prometheus=:9465`, or :0 for one that is free",
      cause: error,
    });
  }
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { local, read }: { readonly local: boolean; readonly read: () => RunMeasures | null },
): void {
  const { method, url = "", headers } = request;
  // Whoever reaches this machine by another name was led here by a page of another site.
  if (local && !isLoopbackHost(parseAuthority(headers.host ?? "")?.host ?? "")) {
    say(response, 403, "this endpoint answers to names of this machine only\n");
  } else if (method !== "GET" && method !== "HEAD") {
    say(response.setHeader("allow", "GET, HEAD"), 405, "there is nothing to change here\n");
  } else if (url.split("?")[0] !== PATH) {
    say(response, 404, `metrics are at ${PATH}\n`);
  } else {
    const text = exposition(runMetrics(read()));
    response.setHeader("content-type", EXPOSITION_TYPE);
    say(response, 200, method === "HEAD" ? "" : text);
  }
}

function say(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status;
  if (!response.hasHeader("content-type")) {
    response.setHeader("content-type", "text/plain; charset=utf-8");
  }
  response.setHeader("cache-control", "no-store");
  response.setHeader("x-content-type-options", "nosniff");
  response.end(text);
}
