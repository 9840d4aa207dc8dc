/**
 * What there is a certain amount of, for all clients together: bytes that are held for them, places in streams. Used by
 * server.ts and the routes. Invariant: no more than there is is given away, one client gets a share of it only, and what
 * was given comes back once.
 */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { HttpProblem } from "../problem.ts";

/** Of bodies that arrive and answers that are not read yet. */
const HELD = { all: 256 * 1024 * 1024, each: 128 * 1024 * 1024 };
/** What is smaller is bounded by the number of connections. */
const SMALL_BYTES = 64 * 1024;
const RETRY_SECONDS = 2;

export class Shares {
  readonly #all: number;
  readonly #each: number;
  readonly #taken = new Map<string, number>();
  #sum = 0;

  /** @param each the most of one client */
  constructor({ all, each }: { readonly all: number; readonly each: number }) {
    this.#all = all;
    this.#each = each;
  }

  /** @returns the function that gives it back; null when there is not so much, or not for this client */
  take(client: string, amount: number): (() => void) | null {
    const own = (this.#taken.get(client) ?? 0) + amount;
    if (own > this.#each || this.#sum + amount > this.#all) return null;
    this.#taken.set(client, own);
    this.#sum += amount;
    let given = true;
    return () => {
      if (!given) return;
      given = false;
      this.#sum -= amount;
      const left = (this.#taken.get(client) ?? amount) - amount;
      if (left > 0) this.#taken.set(client, left);
      else this.#taken.delete(client);
    };
  }
}

/** By name; where nobody says who they are, by address. */
export function clientOf({ caller, ip }: FastifyRequest): string {
  return caller === null ? `address ${ip}` : `token ${caller.name}`;
}

/**
 * Large bodies are read, and large answers sent, while there is room for them; else 503, before a byte of them is read.
 * To be called when those hooks are there that admit a request.
 */
export function boundHeldBytes(app: FastifyInstance, held = new Shares(HELD)): void {
  const hold = (request: FastifyRequest, bytes: number): (() => void) | null => {
    if (bytes <= SMALL_BYTES) return () => {};
    return held.take(clientOf(request), bytes);
  };
  app.addHook("onRequest", async (request, reply) => {
    const release = hold(request, announcedBytes(request));
    if (release === null) throw tooMuch("large requests");
    reply.raw.once("close", release);
  });
  app.addHook("onSend", async (request, reply, payload) => {
    const isWhole = typeof payload === "string" || Buffer.isBuffer(payload);
    const release = hold(request, isWhole ? payload.length : 0);
    if (release === null) throw tooMuch("large answers that are not read");
    reply.raw.once("close", release);
  });
}

/** Of one without a length the most it may have; of one that is refused for its length nothing. */
function announcedBytes({ headers, routeOptions }: FastifyRequest): number {
  const most = routeOptions.bodyLimit ?? 0;
  if (headers["transfer-encoding"] !== undefined) return most;
  const length = Number(headers["content-length"] ?? 0);
  return length > most ? 0 : length;
}

function tooMuch(what: string): HttpProblem {
  return new HttpProblem(503, `too many ${what} at once`, {
    ...{ code: "ONRUSH_BUSY", remedy: "Try again when those before are answered." },
    retryAfterSeconds: RETRY_SECONDS,
  });
}
