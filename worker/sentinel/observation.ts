/**
 * Probes targets and reads pages, each by itself. Owned by the thread's entry (main.ts). Invariant: a target or page that cannot be
 * resolved, or is not allowed, is told as a problem, once; the others are observed all the same.
 */
import { assert } from "../../shared/assert.ts";
import { splitUrl } from "../../shared/net/target-url.ts";
import type { StrictTarget } from "../../shared/scenario/strict.ts";
import type { StrictLadder, StrictScrape } from "../../shared/scenario/strict-observe.ts";
import { STATIC_CONTEXT } from "../../shared/scenario/template/render.ts";
import { compileUrl } from "../../shared/scenario/template/template.ts";
import { systemClock } from "../../shared/time/clock.ts";
import { systemTimers } from "../../shared/time/timer.ts";
import { HttpClient } from "../login/http-client.ts";
import { openRequest } from "../reach/open-request.ts";
import { pathText } from "../reach/request-text.ts";
import { checkedAddresses, type ResolvedTarget, resolveTargets } from "../reach/resolve.ts";
import { leanDriver } from "../socket/lean/lean-driver.ts";
import { Ladder } from "./ladder.ts";
import type { Seen, SentinelData } from "./protocol.ts";
import { pageRequest, Scraper } from "./scraper.ts";

const MAX_TARGETS = 16;
/** Sites of the templates of pages, apart from those of targets and steps. */
const FIRST_SITE = 65_536;

export class Observation {
  readonly #data: SentinelData;
  readonly #tell: (seen: Seen) => void;
  readonly #client = new HttpClient();
  /** Ends the reading that goes on; null: there is none. */
  #reading: AbortController | null = null;

  constructor(data: SentinelData, tell: (seen: Seen) => void) {
    this.#data = data;
    this.#tell = tell;
  }

  /** @param fromUs monotonic time, as all times here */
  probe(fromUs: number): void {
    const { observe, targets } = this.#data.scenario;
    const ladder = observe?.ladder ?? null;
    if (ladder === null) return;
    const probed = targets.slice(0, MAX_TARGETS);
    for (const [at, target] of probed.entries()) {
      // Not all at once.
      const dueUs = fromUs + (ladder.everyUs * at) / probed.length;
      void this.#try(`target ${at + 1} is not probed`, async () => {
        const probes = await this.#ladderOf(target, at, ladder);
        callAt(dueUs, () => probes.step(dueUs));
      });
    }
  }

  read(fromUs: number): void {
    this.stopReading();
    const reading = new AbortController();
    this.#reading = reading;
    let first = 0;
    for (const [at, page] of (this.#data.scenario.observe?.metrics ?? []).entries()) {
      const place = { at, first };
      first += page.pick.length;
      void this.#try(notRead(at), async () => {
        const scraper = await this.#scraperOf(page, place, reading.signal);
        callAt(fromUs, () => scraper.read());
      });
    }
  }

  stopReading(): void {
    this.#reading?.abort();
    this.#reading = null;
  }

  async #try(failure: string, begin: () => Promise<void>): Promise<void> {
    try {
      await begin();
    } catch (error) {
      this.#failed(failure, error);
    }
  }

  #failed(failure: string, error: unknown): void {
    this.#tell({ problem: `${failure}: ${error instanceof Error ? error.message : error}` });
  }

  /** Connects as the connections of the first role do. */
  async #ladderOf(of: StrictTarget, at: number, { everyUs, echo }: StrictLadder): Promise<Ladder> {
    const { scenario, lists } = this.#data;
    const alone = { ...scenario, targets: [of] };
    const [target] = await resolveTargets(alone, lists, systemClock.monotonicUs);
    assert(target, "sentinel: one target is resolved to one");
    const [address = ""] = target.addresses;
    return new Ladder({
      ...{ everyUs, echo, address, port: target.endpoint.port },
      ...{ clock: systemClock, timers: systemTimers },
      open: (owner) => leanDriver.open(this.#requestOf(target, address), owner),
      onRung: (rung, tookUs) => this.#tell({ probe: { target: at, rung, tookUs } }),
      onRefused: (error) => this.#failed(`target ${at + 1} is probed by tcp alone`, error),
    });
  }

  #requestOf(target: ResolvedTarget, address: string) {
    const [handshake] = target.handshakes;
    assert(handshake, "sentinel: a target has a handshake for each role");
    const route = { address, localAddress: null };
    const { seed } = this.#data.scenario;
    const context = { ...STATIC_CONTEXT, seed, nowMs: systemClock.wallMs() };
    return openRequest({ target, handshake, route }, context);
  }

  /** @param place of the page, and of the first value that is picked of it */
  async #scraperOf(
    page: StrictScrape,
    place: { readonly at: number; readonly first: number },
    over: AbortSignal,
  ): Promise<Scraper> {
    const { scenario, lists } = this.#data;
    const { secure, host, port, path } = splitUrl(page.url);
    const [address = ""] = await checkedAddresses({ host, port }, lists);
    const site = FIRST_SITE + place.at;
    const request = pageRequest({
      origin: { secure, host, port, tls: { ...scenario.connect.tls, servername: null } },
      ...{ address, path: pathText(compileUrl(path, scenario, site).render(STATIC_CONTEXT)) },
    });
    return new Scraper({
      ...{ everyMs: page.everyUs / 1000, pick: page.pick, timers: systemTimers, over },
      ask: (owner) => this.#client.send(request, owner),
      onReading: (position, value) =>
        this.#tell({ reading: { pick: place.first + position, value } }),
      onRefused: (error) => this.#failed(notRead(place.at), error),
    });
  }
}

function notRead(at: number): string {
  return `page ${at + 1} is not read`;
}

function callAt(dueUs: number, then: () => void): void {
  systemTimers.after(Math.max(0, (dueUs - systemClock.monotonicUs()) / 1000), then);
}
