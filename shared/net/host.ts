/**
 * Hosts in one spelling. Used by everything that compares hosts. Invariant: two spellings of one host give the same text;
 * what no URL could hold gives null.
 */
import { isIP } from "node:net";
import { isLoopbackAddress } from "./address.ts";

/** Host names as DNS and resolvers know them, after the URL parser has made them ASCII. */
const NAME = /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/;

/**
 * @param text a host name or an IP address, an IPv6 one with or without brackets
 * @returns lower case, numbers in dots, IPv6 short and without brackets, no trailing dot; null when it is no host
 */
export function parseHost(text: string): string | null {
  const bare = /^\[[^[\]]*\]$/.test(text) ? text.slice(1, -1) : text;
  if (/[\s/?#@\\[\]%]/.test(bare) || bare === "") return null;
  const url = `http://${bare.includes(":") ? `[${bare}]` : bare}/`;
  if (!URL.canParse(url)) return null;
  return hostOf(new URL(url));
}

/** The host of a URL, or null for one without. */
export function hostOf({ hostname }: URL): string | null {
  const host = hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  return isIP(host) !== 0 || NAME.test(host) ? host : null;
}

/** Of `host` or `host:port`, as in a Host header; null when it is neither. */
export function parseAuthority(text: string): { host: string; port: number | null } | null {
  const [, host = "", port] = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(text) ?? [];
  const parsed = parseHost(host);
  if (parsed === null || Number(port ?? 0) > 65_535) return null;
  return { host: parsed, port: port === undefined ? null : Number(port) };
}

/** By name or address alone, without resolving anything. @param host in its one spelling */
export function isLoopbackHost(host: string): boolean {
  if (host === "localhost" || host.endsWith(".localhost")) return true;
  return isIP(host) !== 0 && isLoopbackAddress(host);
}
