/**
 * Reads one page on which a target tells of itself, time and again. Made by observation.ts for each page. Invariant: one request at a
 * time, which is over within PATIENCE_MS; a page that cannot be read is missing, and asked for again.
 */
import type { Timers } from "../../shared/time/timer.ts";
import type { HttpAnswer, HttpExchange, HttpOwner, HttpRequest } from "../login/http-client.ts";
import { readingsOf } from "./readings.ts";

const PATIENCE_MS = 4000;

export interface ScraperOptions {
  readonly everyMs: number;
  readonly pick: readonly string[];
  readonly timers: Timers;
  /** It is to be read no more. */
  readonly over: AbortSignal;
  /** Asks for the page; throws what cannot be asked for. */
  readonly ask: (owner: HttpOwner) => HttpExchange;
  /** @param at position in `pick` */
  readonly onReading: (at: number, value: number) => void;
  /** It cannot be asked for, and is not again. */
  readonly onRefused: (error: unknown) => void;
}

export class Scraper implements HttpOwner {
  readonly #options: ScraperOptions;
  #exchange: HttpExchange | null = null;

  constructor(options: ScraperOptions) {
    this.#options = options;
  }

  read(): void {
    const { timers, everyMs, over, onRefused } = this.#options;
    if (over.aborted) return;
    try {
      if (this.#exchange === null) this.#ask();
    } catch (error) {
      onRefused(error);
      return;
    }
    timers.after(everyMs, () => this.read());
  }

  onAnswer({ status, body }: HttpAnswer): void {
    this.#exchange = null;
    if (status !== 200 || this.#options.over.aborted) return;
    const { pick, onReading } = this.#options;
    for (const [at, value] of readingsOf(body.toString(), pick).entries()) {
      if (value !== undefined) onReading(at, value);
    }
  }

  onNoAnswer(): void {
    this.#exchange = null;
  }

  #ask(): void {
    const exchange = this.#options.ask(this);
    this.#exchange = exchange;
    this.#options.timers.after(PATIENCE_MS, () => {
      if (this.#exchange !== exchange) return;
      exchange.abort();
      this.#exchange = null;
    });
  }
}

/** What is asked for. */
export function pageRequest(of: Pick<HttpRequest, "origin" | "address" | "path">): HttpRequest {
  const { host, port, secure } = of.origin;
  const bare = host.includes(":") ? `[${host}]` : host;
  const named = port === (secure ? 443 : 80) ? bare : `${bare}:${port}`;
  const accept = "application/openmetrics-text, text/plain;q=0.9, application/json;q=0.8";
  return {
    ...of,
    method: "GET",
    headers: [
      ["host", named],
      ["accept", accept],
    ],
    body: null,
  };
}
