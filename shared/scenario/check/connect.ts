/**
 * The meaning of `connect`. Called by normalize.ts. Invariant: what the scenario says of the handshake can be sent, with
 * every row of the data.
 */
import { isIP } from "node:net";
import type { IssueLog } from "../read/issue-log.ts";
import type { ConnectInput } from "../shape/connect.ts";
import type { StrictConnect, StrictReconnect, StrictTls } from "../strict.ts";
import { parseDuration, parseSize, quoted } from "../units.ts";
import { quantity, quantityOr } from "./quantity.ts";
import { checkPlace } from "./rows.ts";
import { checkSubprotocols } from "./subprotocols.ts";
import { checkTemplate, type TemplateContext } from "./templates.ts";

const NO_TLS: StrictTls = {
  ca: null,
  cert: null,
  key: null,
  servername: null,
  rejectUnauthorized: true,
};

/** Header names that belong to the handshake itself. */
const RESERVED = /^(connection|upgrade|sec-websocket-.*|content-length|transfer-encoding)$/i;

/** What Host may say (RFC 9110 §7.2): a name or an address, and a port. */
const HOST_VALUE = /^(\[[\dA-Fa-f:.]+\]|[\w.~!$&'()*+,;=%-]+)(:\d{1,5})?$/;

/** @param tls the checked tls section, null without one. */
export function checkConnect(
  input: ConnectInput,
  tls: StrictTls | null,
  context: TemplateContext,
): StrictConnect {
  const { log } = context;
  const compression = input.compression ?? false;
  if (compression && input.driver === "lean") {
    const hint = "leave driver out, or turn compression off";
    log.add(["connect", "driver"], "the lean driver has no compression", hint);
  }
  const heartbeat = input.heartbeat;
  return {
    headers: checkHeaders(input.headers ?? {}, context),
    subprotocols: checkSubprotocols(input.subprotocols ?? [], context),
    timeoutUs: quantityOr(input.timeout, parseDuration, 10e6),
    tls: tls ?? NO_TLS,
    compression,
    driver: compression ? "ws" : (input.driver ?? "lean"),
    heartbeat:
      heartbeat === undefined
        ? null
        : {
            pingUs: quantity(parseDuration(heartbeat.ping)),
            timeoutUs: quantityOr(heartbeat.timeout, parseDuration, 10e6),
          },
    reconnect: checkReconnect(input.reconnect, log),
    localAddresses: checkAddresses(input.localAddresses ?? "auto", log),
    maxMessageBytes: quantity(parseSize(input.maxMessage ?? "16mb")),
  };
}

function checkHeaders(
  headers: Readonly<Record<string, string>>,
  context: TemplateContext,
): [string, string][] {
  const { log } = context;
  const seen = new Set<string>();
  for (const [name, value] of Object.entries(headers)) {
    const path = ["connect", "headers", name];
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) {
      log.add(path, `not a header name: ${quoted(name)}`, "", { part: "key" });
    } else if (RESERVED.test(name)) {
      const what = `the header ${name} belongs to the handshake`;
      const hint = /protocol$/i.test(name) ? "use connect.subprotocols" : "leave it out";
      log.add(path, what, hint, { part: "key" });
    } else if (seen.has(name.toLowerCase())) {
      log.add(path, `the header ${name} is written twice`, "", { part: "key" });
    }
    seen.add(name.toLowerCase());
    const isHost = /^host$/i.test(name);
    const template = checkTemplate(value, path, context);
    const place = { kind: "text", value, path, ...(isHost ? HOST_PLACE : HEADER_PLACE) } as const;
    if (template !== null) checkPlace(place, template, context);
  }
  return Object.entries(headers);
}

const HEADER_PLACE = { fault: headerFault, hint: "" };
const HOST_PLACE = {
  fault: (value: string) => headerFault(value) || (HOST_VALUE.test(value) ? "" : "not a host"),
  hint: "a name or an address, such as chat.example:8443",
};

/** RFC 9110 §5.5: visible characters, obs-text, spaces and tabs. */
function headerFault(value: string): string {
  if (/[\r\n]/.test(value)) return "the value holds a line break, which a header cannot carry";
  return /[^\t\x20-\x7e\x80-\xff]/.test(value)
    ? "the value holds characters that a header cannot carry"
    : "";
}

const NO_RECONNECT: StrictReconnect = { policy: "none", minUs: 0, maxUs: 0, attempts: 0 };

function checkReconnect(input: ConnectInput["reconnect"], log: IssueLog): StrictReconnect {
  if (input === undefined) return NO_RECONNECT;
  const path = ["connect", "reconnect"];
  if (input.policy === "none") {
    for (const key of ["min", "max", "attempts"]) {
      if (!Object.hasOwn(input, key)) continue;
      log.add(
        [...path, key],
        `${key} has no meaning with policy none`,
        "choose a policy, or remove it",
      );
    }
    return NO_RECONNECT;
  }
  const minUs = quantityOr(input.min, parseDuration, 500_000);
  const fixed = input.policy === "fixed";
  if (fixed && input.max !== undefined) {
    log.add([...path, "max"], "max has no meaning with policy fixed", "min is the wait");
  }
  const maxUs = fixed ? minUs : quantityOr(input.max, parseDuration, Math.max(30e6, minUs));
  if (minUs > maxUs) log.add([...path, "min"], "min is longer than max", "");
  return { policy: input.policy, minUs, maxUs, attempts: input.attempts ?? 10 };
}

function checkAddresses(
  addresses: "auto" | readonly string[],
  log: IssueLog,
): StrictConnect["localAddresses"] {
  if (addresses === "auto") return addresses;
  for (const [index, address] of addresses.entries()) {
    if (isIP(address) !== 0) continue;
    log.add(["connect", "localAddresses", index], `not an IP address: ${quoted(address)}`, "");
  }
  return addresses;
}
