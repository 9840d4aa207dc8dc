/**
 * What other load tools call a thing, and where a scenario says it. Called where an unknown key is reported. Pure. Invariant: no
 * word is a key of a scenario, so that a key in the wrong place is never taken for another tool's.
 */

const LOAD = "connections are said in load: [{ phase: up, ramp: linear, to: 100, over: 1m }]";
const LASTS = "how long a phase lasts is its over, hold or for";
const RATE = "connections per time: load: [{ phase: rush, arrive: 50/s, stay: 30s, for: 5m }]";
const STEPS = "what a connection does in order is flow: [{ send: ... }, { wait: 1s }]";
const WAIT = "write wait: 3s, exp(3s) or uniform(1s, 3s)";
const SEND = "what is sent is send: { json: ... }, { text: ... } or { hex: ... }";
const EXPECT =
  "a message is waited for by expect: { where: ... }, a reply by reply: { where: ... }";
const HEADERS = 'write headers: { authorization: "Bearer ...", cookie: "sid=..." }';
const AGAIN = "write reconnect: { policy: full-jitter, attempts: 10 }";
const PINGS = "write heartbeat: { ping: 25s, timeout: 10s }";
const CODE = "code of your own is hooks: { file: hooks.js }";
const ENCLOSE =
  "what has to hold around a run is environment: { before: [...] }, what is done after it cleanup";

/** By the word, in lower case. */
export const WORDS: Readonly<Record<string, string>> = {
  ...words(LOAD, "vus", "users", "stages", "phases", "executor", "concurrency", "rampup"),
  ...words(LASTS, "duration"),
  ...words(RATE, "arrivalrate", "rampto", "arrivals", "iterations"),
  ...words(STEPS, "scenarios", "scenario", "script", "exec", "engine"),
  ...words(WAIT, "think", "sleep"),
  ...words(SEND, "emit", "payload", "content"),
  ...words(EXPECT, "receive", "recv", "check", "checks", "await", "response", "acknowledge"),
  ...words(HEADERS, "auth", "token", "cookies", "cookie", "extraheaders", "origin"),
  ...words("write subprotocols: [chat.v2]", "protocols", "subprotocol"),
  ...words(
    "write tls: { verify: false }",
    "insecure",
    "insecureskiptlsverify",
    "rejectunauthorized",
  ),
  ...words("write compression: true", "permessagedeflate", "deflate"),
  ...words(AGAIN, "retry", "retries", "autoreconnect"),
  ...words(PINGS, "pinginterval", "keepalive", "pingtimeout"),
  ...words("a proxy is reached by a tunnel, see docs/connections.md", "proxy", "httpproxy"),
  ...words("write maxMessage: 1mb", "maxpayload"),
  ...words(CODE, "processor", "beforerequest", "afterresponse", "plugins", "function"),
  ...words(ENCLOSE, "setup", "teardown"),
  ...words("write thresholds: { latency: [p99 < 200ms] }", "ensure", "assertions", "slo"),
  ...words("write vars: { name: value }", "variables"),
  ...words("write data: { users: { csv: users.csv } }", "feeder", "feeders"),
  ...words("write target: ws://host:port/path", "uri", "endpoint", "config"),
};

/** "" for a word that is nobody's. */
export function otherWord(key: string): string {
  const name = key.replaceAll(/[-_ ]/g, "").toLowerCase();
  return Object.hasOwn(WORDS, name) ? (WORDS[name] ?? "") : "";
}

function words(hint: string, ...names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, hint]));
}
