/**
 * What the windows of an engine share to do their work with. Made and given turns by faults.ts. Invariant: what one of them keeps open,
 * slow or waiting ends with its window.
 */
import type { FaultWindow } from "../../shared/scenario/fault-windows.ts";
import { AlteredAttempts } from "./altered-attempts.ts";
import { ExtraHandshakes } from "./extra-handshakes.ts";
import { ExtraTraffic } from "./extra-traffic.ts";
import type { FaultsHost } from "./faults-host.ts";
import { Links, type LinksHost } from "./links.ts";
import { SilentSockets } from "./silent-sockets.ts";
import type { FaultTally } from "./tally.ts";
import type { Victim } from "./victim.ts";

export class WindowTools {
  readonly live: readonly (Victim | null)[];
  readonly seed: number;
  readonly silent = new SilentSockets();
  readonly traffic: ExtraTraffic;
  readonly links: Links;
  readonly extras: ExtraHandshakes;
  readonly altered: AlteredAttempts;

  constructor(
    host: FaultsHost<Victim>,
    tally: FaultTally,
    links: Pick<LinksHost, "sooner" | "cut">,
  ) {
    const { live, scenario } = host;
    const nowUs = () => host.clockUs();
    this.live = live;
    this.seed = scenario.seed;
    this.traffic = new ExtraTraffic(host, tally);
    this.links = new Links({ seed: scenario.seed, nowUs, ...links });
    this.extras = new ExtraHandshakes({ host, tally, sooner: links.sooner });
    this.altered = new AlteredAttempts({ host, tally, sooner: links.sooner });
  }

  turn(nowUs: number): void {
    this.silent.turn(nowUs);
    this.links.turn(nowUs);
    this.extras.turn(nowUs);
    this.altered.turn(nowUs);
  }

  /** When there is something to do next. */
  nextUs(nowUs: number): number {
    return Math.min(
      this.silent.nextUs,
      this.links.nextUs(nowUs),
      this.extras.nextUs,
      this.altered.nextUs,
    );
  }

  /** A window that lasts acts no more. */
  over(window: FaultWindow): void {
    this.extras.over(window);
    this.altered.over(window);
  }

  /** The run ends before its plan. */
  stop(): void {
    this.extras.stop();
    this.altered.stop();
  }

  /** Destroys what is still open. */
  close(): void {
    this.silent.close();
    this.extras.close();
  }
}
