/**
 * Who may be put under load: loopback always, any other host only when a person named it. Two gates with one reading of
 * URLs: checkTargets() by name, before anything is started; checkAddress() by address, in each worker before it opens a
 * socket. Invariant: a name that was allowed does not lead to a metadata service or a link-local address, however that is
 * written; only a list that holds the very address does.
 */
import { isIP } from "node:net";
import { OnrushError } from "../errors.ts";
import { isLoopbackAddress, isMetadataAddress } from "./address.ts";
import { isLoopbackHost, parseAuthority, parseHost } from "./host.ts";
import { splitTargetUrl, splitUrl, type TargetUrl } from "./target-url.ts";

interface Allowed {
  readonly host: string;
  /** null: every port. */
  readonly port: number | null;
}

/**
 * One entry of a list, in its one spelling.
 * @param text host, host:port, [ipv6]:port or an IPv6 address without brackets
 * @throws OnrushError ONRUSH_USAGE: there are no patterns, ranges or URLs
 */
export function readAllowedTarget(text: string): string {
  const allowed = parseAllowed(text);
  if (allowed === null) {
    throw new OnrushError({
      code: "ONRUSH_USAGE",
      message: `"${text.slice(0, 100)}" is no host that could be allowed as a target`,
      remedy:
        "Name hosts one by one, as chat.example, chat.example:8443 or [2001:db8::1]:443; there are no patterns, ranges or URLs.",
    });
  }
  const host = allowed.host.includes(":") ? `[${allowed.host}]` : allowed.host;
  return allowed.port === null ? host : `${host}:${allowed.port}`;
}

/** Where the allow-list is that was consulted: on the command line of the reader, or of a coordinator somewhere. */
export type AllowedBy = "run" | "coordinator";

/** Where load goes. */
export interface Destination {
  readonly url: string;
  /** Of an HTTP step ahead of a connection, not of a target. */
  readonly isHttp?: boolean;
}

/**
 * The first gate.
 * @param allowed hosts or host:port, as in --allow-target
 * @throws OnrushError ONRUSH_TARGET_FORBIDDEN, ONRUSH_TARGET_UNREACHABLE
 */
export function checkTargets(
  targets: readonly Destination[],
  allowed: readonly string[],
  by: AllowedBy = "run",
): void {
  for (const { url, isHttp = false } of targets) {
    const target = isHttp ? splitUrl(url) : splitTargetUrl(url);
    const { host } = target;
    if (isLoopbackHost(host) || isListed(host, target.port, allowed)) continue;
    throw new OnrushError({
      code: "ONRUSH_TARGET_FORBIDDEN",
      message: `the target ${host} is not this machine, and nobody has allowed it to be put under load`,
      remedy:
        by === "run"
          ? `if it is yours to load: \`onrush run --allow-target ${host}\` (or ONRUSH_ALLOW_TARGETS=${host})`
          : `if it is yours to load, have it allowed where the coordinator is started: \`onrush coordinator --allow-target ${host}\` (or ONRUSH_ALLOW_TARGETS=${host} there)`,
    });
  }
}

/** Whose list it is that a worker holds an address against. */
export interface AllowList {
  readonly allowed: readonly string[];
  readonly of: "the run" | "this worker";
}

/**
 * The second gate: every list has to allow it.
 * @param address what the host has resolved to
 * @throws OnrushError ONRUSH_TARGET_FORBIDDEN, naming the list that does not
 */
export function checkAddress(
  { host, port }: Pick<TargetUrl, "host" | "port">,
  address: string,
  lists: readonly AllowList[],
): void {
  if (isLoopbackAddress(address)) return;
  const shown = host === address ? host : `${host} (${address})`;
  for (const { allowed, of } of lists) {
    if (isListed(parseHost(address) ?? address, port, allowed)) continue;
    const isByName = isListed(host, port, allowed);
    if (isByName && !isMetadataAddress(address)) continue;
    const why = isByName
      ? "leads to a metadata service or a link-local address, which a name does not allow"
      : `is not loopback and was not allowed by ${of}`;
    throw new OnrushError({
      code: "ONRUSH_TARGET_FORBIDDEN",
      message: `target ${shown} ${why}`,
      remedy: remedyOf(of, isByName ? address : host),
    });
  }
}

function remedyOf(of: AllowList["of"], host: string): string {
  return of === "the run"
    ? `if it is yours to load: \`onrush run --allow-target ${host}\`; on a cluster \`onrush coordinator --allow-target ${host}\` and the workers' ONRUSH_ALLOW_TARGETS`
    : `if this worker may load it, start it with \`onrush worker --allow-target ${host}\` (or ONRUSH_ALLOW_TARGETS)`;
}

/** An entry that is no host allows nothing. */
function isListed(host: string, port: number, allowed: readonly string[]): boolean {
  return allowed.some((text) => {
    const entry = parseAllowed(text);
    return entry?.host === host && (entry.port === null || entry.port === port);
  });
}

function parseAllowed(text: string): Allowed | null {
  const trimmed = text.trim();
  // An IPv6 address without brackets looks like a name with a port.
  if (isIP(trimmed) === 6) return { host: parseHost(trimmed) ?? trimmed, port: null };
  return parseAuthority(trimmed);
}
