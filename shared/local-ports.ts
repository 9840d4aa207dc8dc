/** The ports this machine gives to outgoing connections. Called by whoever plans or checks a local run. */
import { readFileSync } from "node:fs";

/** What IANA set aside for this (RFC 6335, section 6); systems that do not tell use about that. */
const DYNAMIC_PORTS = [49_152, 65_535] as const;
const LINUX_RANGE = "/proc/sys/net/ipv4/ip_local_port_range";

/** First and last local port. */
export function localPortRange(): readonly [first: number, last: number] {
  try {
    return parsePortRange(readFileSync(LINUX_RANGE, "utf8"));
  } catch {
    return DYNAMIC_PORTS;
  }
}

/** How many ports that is. */
export function portCount(): number {
  const [first, last] = localPortRange();
  return last - first + 1;
}

/** The text of ip_local_port_range; what cannot be read counts as the dynamic ports. */
export function parsePortRange(text: string): readonly [first: number, last: number] {
  const [, first, last] = /^\s*(\d+)\s+(\d+)\s*$/.exec(text) ?? [];
  const range = [Number(first), Number(last)] as const;
  const valid = range[0] > 0 && range[0] <= range[1] && range[1] <= 65_535;
  return valid ? range : DYNAMIC_PORTS;
}
