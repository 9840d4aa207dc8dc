/**
 * From a scenario's targets to endpoints with checked addresses. Called once by each engine while it
 * prepares. Invariant: no socket is ever opened to an address that was not checked here, and all addresses of a name
 * must pass. Loopback is
 * always allowed, any other host only by name in the plan's list, and a name that resolves to a link-local
 * (metadata) address never, unless that very address is in the list.
 */
import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";
import { OnrushError } from "../../shared/errors.ts";
import { STATIC_CONTEXT } from "../../shared/scenario/render.ts";
import type { StrictScenario, StrictTarget } from "../../shared/scenario/strict.ts";
import { compileTemplate, compileUrl, type Template } from "../../shared/scenario/template.ts";
import type { Endpoint } from "../connection/driver.ts";

export interface ResolvedTarget {
  readonly endpoint: Endpoint;
  /** All addresses of its name, at most MAX_ADDRESSES; those that accept come first, once that was looked at. */
  readonly addresses: readonly string[];
  /** How many of them accept; all until it was looked at. */
  readonly accepting: number;
  /** Share of the connections, relative to the other targets. */
  readonly weight: number;
  readonly path: Template;
  /** Headers with placeholders, rendered per attempt. */
  readonly headers: readonly (readonly [name: string, value: Template])[];
  /** Subprotocols, all of them, when one has placeholders; null: those of the endpoint. */
  readonly subprotocols: readonly Template[] | null;
  /** Has IPv4 loopback addresses only, which can be reached from all of 127/8 (but on macOS, which has one of it). */
  readonly loopback: boolean;
  /** How long the name took to resolve, microseconds; null for an address. */
  readonly dnsUs: number | null;
}

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");
const linkLocal = new BlockList();
linkLocal.addSubnet("169.254.0.0", 16, "ipv4");
linkLocal.addSubnet("fe80::", 10, "ipv6");

/** Addresses of one name that are used. */
const MAX_ADDRESSES = 64;

/** Sites of the templates, so that their random placeholders differ from those of messages (site 0). */
const PATH_SITE = 1;
const FIRST_HEADER_SITE = 2;

/** @throws OnrushError ONRUSH_TARGET_UNREACHABLE (name does not resolve), ONRUSH_TARGET_FORBIDDEN */
export async function resolveTargets(
  scenario: StrictScenario,
  allowTargets: readonly string[],
  nowUs: () => number,
): Promise<ResolvedTarget[]> {
  return Promise.all(
    scenario.targets.map((target) => resolveTarget(scenario, target, { allowTargets, nowUs })),
  );
}

async function resolveTarget(
  scenario: StrictScenario,
  target: StrictTarget,
  options: { readonly allowTargets: readonly string[]; readonly nowUs: () => number },
): Promise<ResolvedTarget> {
  const { secure, host, port, path } = splitUrl(target.url);
  const startedUs = options.nowUs();
  const literal = isIP(host) !== 0;
  const addresses = literal ? [host] : await addressesOf(host);
  const dnsUs = literal ? null : options.nowUs() - startedUs;
  for (const address of addresses) checkPolicy(host, port, address, options.allowTargets);
  const { connect } = scenario;
  const compiled = connect.headers.map(
    ([name, value], at) =>
      [name, compileTemplate(value, scenario, FIRST_HEADER_SITE + at)] as const,
  );
  const firstSite = FIRST_HEADER_SITE + connect.headers.length;
  const subprotocols = connect.subprotocols.map((name, at) =>
    compileTemplate(name, scenario, firstSite + at),
  );
  const isShared = subprotocols.every(({ isStatic }) => isStatic);
  return {
    endpoint: {
      secure,
      host,
      port,
      headers: compiled
        .filter(([, template]) => template.isStatic)
        .map(([name, template]) => [name, template.render(STATIC_CONTEXT)] as const),
      subprotocols: isShared ? subprotocols.map((name) => name.render(STATIC_CONTEXT)) : [],
      tls: connect.tls,
      compression: connect.compression,
      maxMessageBytes: connect.maxMessageBytes,
    },
    addresses,
    accepting: addresses.length,
    weight: target.weight,
    path: compileUrl(path, scenario, PATH_SITE),
    headers: compiled.filter(([, template]) => !template.isStatic),
    subprotocols: isShared ? null : subprotocols,
    loopback:
      process.platform !== "darwin" &&
      addresses.every((address) => isIP(address) === 4 && isLoopback(address)),
    dnsUs,
  };
}

/** Not WHATWG URL: the path may hold placeholders, which must stay as they are. */
function splitUrl(url: string): { secure: boolean; host: string; port: number; path: string } {
  const parts = /^(wss?):\/\/(?:[^@/?#]*@)?(\[[^\]]+\]|[^:/?#]+)(?::(\d+))?([/?].*)?$/i.exec(url);
  if (!parts) {
    throw new OnrushError({
      code: "ONRUSH_TARGET_UNREACHABLE",
      message: `target URL ${JSON.stringify(url)} has no host`,
      remedy: "write it as ws://host:port/path",
    });
  }
  const secure = parts[1]?.toLowerCase() === "wss";
  const path = parts[4] ?? "/";
  return {
    secure,
    host: (parts[2] ?? "").replace(/^\[|\]$/g, ""),
    port: parts[3] ? Number(parts[3]) : secure ? 443 : 80,
    path: path.startsWith("/") ? path : `/${path}`,
  };
}

/** In the order of this machine's resolver. */
async function addressesOf(host: string): Promise<string[]> {
  try {
    const found = await lookup(host, { all: true, order: "verbatim" });
    const addresses = new Set(found.map(({ address }) => address));
    return [...addresses].slice(0, MAX_ADDRESSES);
  } catch (error) {
    throw new OnrushError({
      code: "ONRUSH_TARGET_UNREACHABLE",
      message: `the name ${host} does not resolve (${(error as NodeJS.ErrnoException).code ?? "unknown"})`,
      remedy: "check the host name of the target and this machine's DNS",
      cause: error,
    });
  }
}

function checkPolicy(
  host: string,
  port: number,
  address: string,
  allowTargets: readonly string[],
): void {
  const allowed = (name: string) =>
    allowTargets.includes(name) || allowTargets.includes(`${name}:${port}`);
  if (isLoopback(address)) return;
  const family = isIP(address) === 6 ? "ipv6" : "ipv4";
  if (allowed(address)) return;
  if (allowed(host) && !linkLocal.check(address, family)) return;
  const shown = host === address ? host : `${host} (${address})`;
  throw new OnrushError({
    code: "ONRUSH_TARGET_FORBIDDEN",
    message: `target ${shown} is not loopback and was not allowed`,
    remedy: `if it is yours to load: \`onrush run --allow-target ${host}\`; on a cluster \`onrush coordinator --allow-target ${host}\` and the workers' ONRUSH_ALLOW_TARGETS`,
  });
}

function isLoopback(address: string): boolean {
  return loopback.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}
