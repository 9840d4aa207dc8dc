/**
 * From a scenario's targets to endpoints with a checked address. Called once by each engine while it
 * prepares. Invariant: no socket is ever opened to an address that was not checked here, by the policy of
 * shared/net and against every list: the run's, and the worker's own.
 */
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { OnrushError } from "../../shared/errors.ts";
import { isLoopbackAddress } from "../../shared/net/address.ts";
import { type AllowList, checkAddress } from "../../shared/net/target-policy.ts";
import { splitTargetUrl } from "../../shared/net/target-url.ts";
import { STATIC_CONTEXT } from "../../shared/scenario/render.ts";
import type { StrictScenario, StrictTarget } from "../../shared/scenario/strict.ts";
import { compileTemplate, compileUrl, type Template } from "../../shared/scenario/template.ts";
import type { Endpoint } from "../connection/driver.ts";

export interface ResolvedTarget {
  readonly endpoint: Endpoint;
  readonly address: string;
  readonly path: Template;
  /** Headers with placeholders, rendered per attempt. */
  readonly headers: readonly (readonly [name: string, value: Template])[];
  /** Subprotocols, all of them, when one has placeholders; null: those of the endpoint. */
  readonly subprotocols: readonly Template[] | null;
  /** An IPv4 loopback address, which can be reached from all of 127/8. */
  readonly loopback: boolean;
  /** How long the name took to resolve, microseconds; null for an address. */
  readonly dnsUs: number | null;
}

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
  const literal = isIP(host) !== 0;
  const address = literal ? host : await addressOf(host);
  const dnsUs = literal ? null : options.nowUs() - startedUs;
  checkAddress({ host, port }, address, options.lists);
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
    address,
    path: compileUrl(path, scenario, PATH_SITE),
    headers: compiled.filter(([, template]) => !template.isStatic),
    subprotocols: isShared ? null : subprotocols,
    loopback: isIP(address) === 4 && isLoopbackAddress(address),
    dnsUs,
  };
}

async function addressOf(host: string): Promise<string> {
  try {
    return (await lookup(host)).address;
  } catch (error) {
    throw new OnrushError({
      code: "ONRUSH_TARGET_UNREACHABLE",
      message: `the name ${host} does not resolve (${(error as NodeJS.ErrnoException).code ?? "unknown"})`,
      remedy: "check the host name of the target and this machine's DNS",
      cause: error,
    });
  }
}
