/**
 * HTTP requests over sockets that are kept for the next one. Called by login.ts; one client per engine. Invariants: it dials the
 * address it is given, follows no redirect, and tells its caller exactly once what became of a request, unless that aborted it.
 * Bounds: MAX_SOCKETS at once, the others wait their turn; MAX_IDLE_SOCKETS kept, for IDLE_MS; MAX_ANSWER_BYTES of an answer.
 */
import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
} from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { isIP } from "node:net";
import { errorSignature, type TransportError } from "../socket/failure-map.ts";
import type { Origin } from "./login-step.ts";

const MAX_SOCKETS = 1024;
/** A connection has no socket of its own yet while it logs in, so only these are beyond one for each. */
const MAX_IDLE_SOCKETS = 32;
const IDLE_MS = 1000;
export const MAX_ANSWER_BYTES = 1024 ** 2;

const KEPT = {
  keepAlive: true,
  maxSockets: MAX_SOCKETS,
  maxTotalSockets: MAX_SOCKETS,
  maxFreeSockets: MAX_IDLE_SOCKETS,
  timeout: IDLE_MS,
};

export interface HttpRequest {
  readonly origin: Origin;
  readonly address: string;
  readonly method: string;
  readonly path: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string | null;
}

export interface HttpAnswer {
  readonly status: number;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

export interface HttpOwner {
  onAnswer(answer: HttpAnswer): void;
  /** There is no answer. @param signature of the error, raw */
  onNoAnswer(signature: string): void;
}

export class HttpClient {
  readonly #plain = new HttpAgent(KEPT);
  readonly #secure = new HttpsAgent(KEPT);

  /** The owner is never called before this returns. */
  send(request: HttpRequest, owner: HttpOwner): HttpExchange {
    const agent = request.origin.secure ? this.#secure : this.#plain;
    return new HttpExchange(request, agent, owner);
  }
}

export class HttpExchange {
  readonly #request: HttpRequest;
  readonly #agent: HttpAgent;
  readonly #owner: HttpOwner;
  #running: ClientRequest | null = null;
  #isOver = false;

  constructor(request: HttpRequest, agent: HttpAgent, owner: HttpOwner) {
    this.#request = request;
    this.#agent = agent;
    this.#owner = owner;
    this.#begin(true);
  }

  /** Nobody is told any more. */
  abort(): void {
    this.#isOver = true;
    this.#running?.destroy();
  }

  #begin(mayRepeat: boolean): void {
    const { origin, body } = this.#request;
    let made: ClientRequest;
    try {
      const options = { ...this.#options(), agent: this.#agent };
      made = origin.secure ? httpsRequest(options) : httpRequest(options);
    } catch (error) {
      // A path or header that no request can carry.
      process.nextTick(() => this.#fail(error as TransportError));
      return;
    }
    this.#running = made;
    let hasAnswer = false;
    made.on("response", (response) => {
      hasAnswer = true;
      this.#read(response);
    });
    made.on("error", (error: TransportError) => {
      // A kept socket that was closed at its other end meanwhile: no connection of its own would have met that.
      const isStale = made.reusedSocket && !hasAnswer && error.code === "ECONNRESET";
      if (isStale && mayRepeat && !this.#isOver) this.#begin(false);
      else this.#fail(error);
    });
    made.on("close", () => {
      if (this.#running === made) this.#fail({ message: "no answer" });
    });
    made.end(body ?? undefined);
  }

  #options() {
    const { origin, address, method, path, headers } = this.#request;
    const { host, port, tls } = origin;
    const { ca, cert, key, rejectUnauthorized } = tls;
    const name = tls.servername ?? host;
    const files = {
      ...(ca === null ? {} : { ca }),
      ...(cert === null ? {} : { cert }),
      ...(key === null ? {} : { key }),
    };
    const secure = { ...files, rejectUnauthorized, servername: isIP(name) === 0 ? name : "" };
    return {
      ...{ host: address, port, method, path, setHost: false, autoSelectFamily: false },
      headers: headers.flat(),
      ...(origin.secure ? secure : {}),
    };
  }

  #read(response: IncomingMessage): void {
    const chunks: Buffer[] = [];
    let bytes = 0;
    response.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_ANSWER_BYTES) {
        this.#fail({ message: `answer of more than ${MAX_ANSWER_BYTES} bytes` });
        response.destroy();
      } else chunks.push(chunk);
    });
    response.on("error", (error: TransportError) => this.#fail(error));
    response.on("end", () => {
      if (this.#isOver) return;
      this.#isOver = true;
      const { statusCode = 0, rawHeaders } = response;
      this.#owner.onAnswer({ status: statusCode, rawHeaders, body: Buffer.concat(chunks) });
    });
  }

  #fail(error: TransportError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#owner.onNoAnswer(errorSignature(error));
  }
}
