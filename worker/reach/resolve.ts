/**
 * From a scenario's targets to endpoints with checked addresses. Called once by each engine while it prepares.
 * Invariant: no socket is ever opened to an address that was not checked here, by the policy of shared/net and against
 * every list, the run's and the worker's own; and all addresses of a name must pass.
 */
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { OnrushError } from "../../shared/errors.ts";
import { isLoopbackAddress } from "../../shared/net/address.ts";
import { type AllowList, checkAddress } from "../../shared/net/target-policy.ts";
import { splitTargetUrl } from "../../shared/net/target-url.ts";
import { rolesOf } from "../../shared/scenario/names.ts";
import type { StrictConnect, StrictScenario, StrictTarget } from "../../shared/scenario/strict.ts";
import { STATIC_CONTEXT } from "../../shared/scenario/template/render.ts";
import {
  compileTemplate,
  compileUrl,
  type Template,
} from "../../shared/scenario/template/template.ts";
import type { Endpoint } from "../socket/driver.ts";

export interface ResolvedTarget {
  readonly endpoint: Pick<Endpoint, "secure" | "host" | "port">;
  /** What a connection asks for, by its role: position in rolesOf. */
  readonly handshakes: readonly Handshake[];
  /** All addresses of its name, at most MAX_ADDRESSES; those that accept come first, once that was looked at. */
  readonly addresses: readonly string[];
  /** How many of them accept; all until it was looked at. */
  readonly accepting: number;
  /** Share of the connections, relative to the other targets. */
  readonly weight: number;
  readonly path: Template;
  /** Has IPv4 loopback addresses only, which can be reached from all of 127/8 (but on macOS, which has one of it). */
  readonly loopback: boolean;
  /** How long the name took to resolve, microseconds; null for an address. */
  readonly dnsUs: number | null;
}

/** A target, as the connections of one role ask for it. */
export interface Handshake {
  readonly endpoint: Endpoint;
  /** Headers with placeholders, rendered per attempt. */
  readonly headers: readonly (readonly [name: string, value: Template])[];
  /** Subprotocols, all of them, when one has placeholders; null: those of the endpoint. */
  readonly subprotocols: readonly Template[] | null;
}

/** Addresses of one name that are used. */
const MAX_ADDRESSES = 64;

/** Sites of the templates, so that their random placeholders differ from those of messages (site 0). */
const PATH_SITE = 1;
const FIRST_HEADER_SITE = 2;

/**
 * @param lists who may be connected to; each of them has to allow it
 * @throws OnrushError ONRUSH_TARGET_UNREACHABLE (name does not resolve), ONRUSH_TARGET_FORBIDDEN
 */
export async function resolveTargets(
  scenario: StrictScenario,
  lists: readonly AllowList[],
  nowUs: () => number,
): Promise<ResolvedTarget[]> {
  return Promise.all(
    scenario.targets.map((target) => resolveTarget(scenario, target, { lists, nowUs })),
  );
}

async function resolveTarget(
  scenario: StrictScenario,
  target: StrictTarget,
  options: { readonly lists: readonly AllowList[]; readonly nowUs: () => number },
): Promise<ResolvedTarget> {
  const { secure, host, port, path } = splitTargetUrl(target.url);
  const startedUs = options.nowUs();
  const addresses = await checkedAddresses({ host, port }, options.lists);
  const dnsUs = isIP(host) === 0 ? options.nowUs() - startedUs : null;
  const endpoint = { secure, host, port };
  return {
    endpoint,
    handshakes: rolesOf(scenario).map(({ connect }) => handshake(scenario, endpoint, connect)),
    addresses,
    accepting: addresses.length,
    weight: target.weight,
    path: compileUrl(path, scenario, PATH_SITE),
    loopback:
      process.platform !== "darwin" &&
      addresses.every((address) => isIP(address) === 4 && isLoopbackAddress(address)),
    dnsUs,
  };
}

function handshake(
  scenario: StrictScenario,
  place: ResolvedTarget["endpoint"],
  connect: StrictConnect,
): Handshake {
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
      ...place,
      headers: compiled
        .filter(([, template]) => template.isStatic)
        .map(([name, template]) => [name, template.render(STATIC_CONTEXT)] as const),
      subprotocols: isShared ? subprotocols.map((name) => name.render(STATIC_CONTEXT)) : [],
      tls: connect.tls,
      compression: connect.compression,
      maxMessageBytes: connect.maxMessageBytes,
    },
    headers: compiled.filter(([, template]) => !template.isStatic),
    subprotocols: isShared ? null : subprotocols,
  };
}

/**
 * All addresses of a host.
 * @throws OnrushError when its name does not resolve, or a list does not allow one of them
 */
export async function checkedAddresses(
  { host, port }: { readonly host: string; readonly port: number },
  lists: readonly AllowList[],
): Promise<string[]> {
  const addresses = isIP(host) === 0 ? await addressesOf(host) : [host];
  for (const address of addresses) checkAddress({ host, port }, address, lists);
  return addresses;
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
