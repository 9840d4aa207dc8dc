/**
 * Reads one page on which a target tells of itself, time and again. Made by main.ts for each page. Invariant: one request at a
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
  /** Asks for the page. */
  readonly ask: (owner: HttpOwner) => HttpExchange;
  /** @param at position in `pick` */
  readonly onReading: (at: number, value: number) => void;
}

export class Scraper implements HttpOwner {
  readonly #options: ScraperOptions;
  #exchange: HttpExchange | null = null;

  constructor(options: ScraperOptions) {
    this.#options = options;
  }

  read(): void {
    const { timers, everyMs, ask } = this.#options;
    timers.after(everyMs, () => this.read());
    if (this.#exchange !== null) return;
    const exchange = ask(this);
    this.#exchange = exchange;
    timers.after(PATIENCE_MS, () => {
      if (this.#exchange !== exchange) return;
      exchange.abort();
      this.#exchange = null;
    });
  }

  onAnswer({ status, body }: HttpAnswer): void {
    this.#exchange = null;
    if (status !== 200) return;
    const { pick, onReading } = this.#options;
    for (const [at, value] of readingsOf(body.toString(), pick).entries()) {
      if (value !== undefined) onReading(at, value);
    }
  }

  onNoAnswer(): void {
    this.#exchange = null;
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
