/**
 * The scenario of a run: a base that all cases share, and what a case has different. Called by live-run.ts and the tests.
 * Invariant: nothing in it tells which case it is: it is part of what the analyzer gets.
 */
import type { Document } from "./case-file.ts";

const BASE: Document = {
  version: 1,
  name: "run",
  connect: {
    timeout: "3s",
    heartbeat: { ping: "1s", timeout: "3s" },
    reconnect: { policy: "full-jitter", min: "200ms", max: "2s", attempts: 100 },
  },
  load: [
    { phase: "grow", ramp: "linear", to: 200, over: "2s" },
    { phase: "steady", hold: "12s" },
  ],
  messages: {
    rate: "2/s",
    arrival: "poisson",
    mix: [
      {
        name: "beat",
        weight: 3,
        send: { binary: { size: 64, fill: "random" } },
        reply: { match: "echo", within: "2s" },
      },
      {
        name: "search",
        weight: 1,
        send: { json: { type: "search", id: "{{uuid}}" } },
        reply: { match: "echo", within: "2s" },
      },
    ],
  },
  integrity: { stamp: true },
};

/**
 * A case may say what comes behind the address (`path`), and name its host and port (`$host`).
 * @param urls of the targets, of equal weight
 */
export function scenarioFor(urls: readonly string[], seed: number, different: Document): Document {
  const { path = "", ...over } = different;
  const [first = "", ...others] = urls.map((url) => `${url}${String(path)}`);
  const targets =
    others.length === 0
      ? { target: first }
      : {
          targets: [first, ...others].map((url, at) => ({ url, weight: 1, label: `t${at + 1}` })),
        };
  const { host } = new URL(urls[0] ?? "");
  const scenario = { ...(merged(BASE, over) as Document), seed, ...targets };
  return JSON.parse(JSON.stringify(scenario).replaceAll("$host", host)) as Document;
}

/** Objects key by key; null takes a key away; anything else replaces what was there. */
function merged(base: unknown, over: unknown): unknown {
  if (!isDocument(base) || !isDocument(over)) return over;
  const keys = Object.entries(over).map(([key, value]) => [key, merged(base[key], value)] as const);
  const all = Object.entries({ ...base, ...Object.fromEntries(keys) });
  return Object.fromEntries(all.filter(([, value]) => value !== null));
}

function isDocument(value: unknown): value is Document {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
