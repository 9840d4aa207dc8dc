/**
 * The request of a recorded scenario: where to, and what it has beside what every request has. Called by recorded.ts. Pure. Invariant:
 * what was masked is not written down.
 */
import { MASK } from "../../shared/scenario/mask/mask.ts";
import type { TraceEvent } from "../../shared/wire/trace.ts";

/** Headers that a driver writes by itself. */
const OWN_HEADERS = /^(host|upgrade|connection|sec-websocket-(key|version|extensions))$/i;

/** The URL as it was asked for, where it is not known before the run. */
export function plainUrl(url: string, events: readonly TraceEvent[]): string {
  const [path] = requestLines(events).flatMap((line) => /^GET (\S+) /.exec(line)?.[1] ?? []);
  const [base] = /^wss?:\/\/[^/?#]*/i.exec(url) ?? [];
  return url.includes("{{") && path !== undefined && base !== undefined ? base + plain(path) : url;
}

/** What the request had beside what every request has; values that were masked are left out. */
export function connectOf(events: readonly TraceEvent[]): Record<string, unknown> {
  const connect: { subprotocols?: string[]; headers?: Record<string, string> } = {};
  for (const line of requestLines(events)) {
    const [, name = "", value = ""] = /^([\w-]+): (.*)$/.exec(line) ?? [];
    if (name === "" || value.includes(MASK) || OWN_HEADERS.test(name)) continue;
    if (name.toLowerCase() === "sec-websocket-protocol") connect.subprotocols = value.split(", ");
    else connect.headers = { ...connect.headers, [name]: plain(value) };
  }
  return connect;
}

/** Of the first attempt. */
function requestLines(events: readonly TraceEvent[]): string[] {
  const heads = events.filter((event) => event.type === "head");
  const answer = heads.findIndex(({ sent }) => !sent);
  return heads.slice(0, answer < 0 ? heads.length : answer).map(({ line }) => line);
}

/** Braces of the recorded text are no placeholders. */
export function plain(text: string): string {
  return text.replaceAll("{{", "{{{{");
}
