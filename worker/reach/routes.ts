/**
 * Which address of a target a connection goes to, and from which source address. The addresses of a name that accepted
 * before the run are used evenly; when one does not let a connection in, the next is tried, those that did not accept
 * last. Called by the pool. Invariant: a function of the connection's index and the number of the try.
 */
import { isIP } from "node:net";
import { type SourceNeed, sourceAddresses } from "../../shared/load/source-address.ts";
import type { ConnectFailure } from "../../shared/stats/failure-kind.ts";

export interface Route {
  readonly address: string;
  /** null for the kernel's choice. */
  readonly localAddress: string | null;
}

/** What routes need of a target. */
export interface Routed {
  /** At least one; those that accepted come first. */
  readonly addresses: readonly string[];
  /** How many accepted. */
  readonly accepting: number;
  readonly weight: number;
  readonly loopback: boolean;
}

/** Failures of one address that another of the same name may not have. */
const RETRIED: ReadonlySet<ConnectFailure> = new Set([
  "tcp-refused",
  "tcp-reset",
  "tcp-unreachable",
]);

export class Routes {
  readonly #targets: readonly Routed[];
  readonly #sources: readonly string[];
  readonly #sourcesByFamily: ReadonlyMap<number, readonly string[]>;
  readonly #busiestShare: number;

  constructor(
    targets: readonly Routed[],
    need: Pick<SourceNeed, "connections" | "localAddresses" | "ports">,
  ) {
    this.#targets = targets;
    const weights = targets.reduce((sum, { weight }) => sum + weight, 0);
    const shares = targets.map(({ weight, accepting }) => weight / weights / accepting);
    this.#busiestShare = Math.max(...shares);
    this.#sources = sourceAddresses({
      ...need,
      atBusiest: Math.ceil(need.connections * this.#busiestShare),
      loopback: targets.every(({ loopback }) => loopback),
    });
    const ofFamily = (family: number) => this.#sources.filter((one) => isIP(one) === family);
    this.#sourcesByFamily = new Map([4, 6].map((family) => [family, ofFamily(family)]));
  }

  /** The way of try `tries` (from 0) of an attempt. */
  route(index: number, target: number, tries: number): Route {
    const { addresses, accepting } = this.#targets[target] as Routed;
    const at = tries < accepting ? (index + tries) % accepting : tries;
    const address = addresses[at] as string;
    const sources = this.#sourcesByFamily.get(isIP(address)) ?? [];
    const from = Math.floor(index / accepting) % Math.max(1, sources.length);
    return { address, localAddress: sources[from] ?? null };
  }

  /** Whether the target has another address for an attempt that failed so. */
  hasAnother(target: number, tries: number, kind: ConnectFailure): boolean {
    return RETRIED.has(kind) && tries + 1 < (this.#targets[target] as Routed).addresses.length;
  }

  /** Local ports in use at the busiest source address when so many connections are open. */
  portsInUse(open: number): number {
    const { length } = this.#sources;
    return Math.ceil(length === 0 ? open * this.#busiestShare : open / length);
  }
}
