/**
 * The meaning of `target`, `targets` and `connect`. Called by normalize.ts. Invariant: a strict target's
 * scheme, host and port are plain text, so it is known before the run where connections will go.
 */
import { isIP } from "node:net";
import type { Path } from "../issue.ts";
import type { IssueLog } from "../read/issue-log.ts";
import { secretIn } from "../read/statics.ts";
import { scanPieces } from "../scan.ts";
import type { ConnectInput, TargetInput } from "../shape/connect.ts";
import type { StrictConnect, StrictReconnect, StrictTarget, StrictTls } from "../strict.ts";
import { parseDuration, parseSize, quoted } from "../units.ts";
import { quantity, quantityOr } from "./quantity.ts";
import { checkTemplate, SAMPLE, type TemplateContext } from "./templates.ts";

export interface TargetContext extends TemplateContext {
  readonly secretNames: ReadonlySet<string>;
}

/** `target` or `targets`, whichever is written. */
export function checkTargets(
  one: string | undefined,
  many: readonly TargetInput[] | undefined,
  context: TargetContext,
): StrictTarget[] {
  const { log } = context;
  if (one !== undefined && many !== undefined) {
    log.add(["targets"], "the scenario has target and targets", "keep one of them", {
      part: "key",
    });
  }
  if (one === undefined && many === undefined) {
    log.add([], "missing key target", "add target: ws://localhost:8080");
  }
  const targets: StrictTarget[] = [];
  if (typeof one === "string" && log.isSound(["target"])) {
    const target = checkUrl(one, ["target"], context);
    if (target !== null) targets.push({ ...target, weight: 1 });
  }
  for (const [index, entry] of Array.isArray(many) ? many.entries() : []) {
    if (!log.isSound(["targets", index])) continue;
    const target = checkUrl(entry.url, ["targets", index, "url"], context);
    if (target === null) continue;
    const label = entry.label ?? target.label;
    if (targets.some((other) => other.label === label)) {
      log.add(["targets", index], `two targets are named ${label}`, "give each its own label");
    }
    targets.push({ url: target.url, label, weight: entry.weight ?? 1 });
  }
  return targets;
}

/** The URL with the placeholders before its path resolved, and host:port as a label. */
function checkUrl(
  text: string,
  path: Path,
  context: TargetContext,
): { url: string; label: string } | null {
  const { log } = context;
  const template = checkTemplate(text, path, context);
  if (template === null) return null;
  const fail = (what: string, hint: string) => {
    log.add(path, what, hint);
    return null;
  };
  const url = resolveAuthority(text, context);
  const authority = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(url)?.[0] ?? url;
  const sample = template.render(SAMPLE);
  if (/[\s\p{Cc}]/u.test(sample))
    return fail("the target URL holds spaces or control characters", "");
  if (authority.includes("{{")) {
    return fail(
      "the host of a target cannot differ between connections",
      "use targets for several",
    );
  }
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(sample)) {
    return fail(`not a URL: ${quoted(sample)}`, `did you mean ws://${sample}?`);
  }
  let parsed: URL;
  try {
    parsed = new URL(sample);
  } catch {
    return fail(`not a URL: ${quoted(sample)}`, "such as ws://localhost:8080/chat");
  }
  if (parsed.protocol !== "ws:" && parsed.protocol !== "wss:") {
    const scheme = parsed.protocol === "https:" ? "wss://" : "ws://";
    return fail(
      `the target is not ws:// or wss:// but ${parsed.protocol}//`,
      `did you mean ${scheme}?`,
    );
  }
  if (!/^wss?:\/\/[^/]/i.test(sample) || parsed.hostname === "")
    return fail("the target URL has no host", "");
  if (sample.includes("#"))
    return fail("a target URL cannot have a fragment (#)", "write %23 for a #");
  if (parsed.username !== "" || parsed.password !== "") {
    return fail(
      "user and password in the target URL are not supported",
      "use connect.headers: authorization",
    );
  }
  return { url, label: parsed.host };
}

/** Static placeholders before the path become text; the others stay as written. */
function resolveAuthority(text: string, context: TargetContext): string {
  let url = "";
  for (const piece of scanPieces(text)) {
    if ("literal" in piece) {
      url += piece.literal.replaceAll("{{", "{{{{");
      continue;
    }
    const source = `{{${piece.source}}}`;
    const inPath = /^[a-z]+:\/\/[^/?#]+[/?#]/i.test(url);
    const template = checkTemplate(source, [], context);
    const keep =
      inPath || !template?.isStatic || secretIn(piece.source, context.secretNames) !== null;
    url += keep ? source : template.render(SAMPLE);
  }
  return url;
}

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
    subprotocols: checkSubprotocols(input.subprotocols ?? [], log),
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
    const sample = checkTemplate(value, path, context)?.render(SAMPLE) ?? "";
    if (/[^\t\x20-\x7e\x80-\xff]/.test(sample)) {
      log.add(path, "the value holds characters that a header cannot carry", "");
    } else if (/^host$/i.test(name) && !HOST_VALUE.test(sample)) {
      log.add(
        path,
        `not a host: ${quoted(sample)}`,
        "a name or an address, such as chat.example:8443",
      );
    }
  }
  return Object.entries(headers);
}

function checkSubprotocols(names: readonly string[], log: IssueLog): readonly string[] {
  for (const [index, name] of names.entries()) {
    const path = ["connect", "subprotocols", index];
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) {
      log.add(path, `not a subprotocol: ${quoted(name)}`, "letters, digits and .-_ without spaces");
    } else if (names.indexOf(name) !== index) log.add(path, `the subprotocol ${name} is twice`, "");
  }
  return names;
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
