/**
 * Entry of a sentinel thread: probes targets, reads pages, and tells its engine each thing it sees. Started by sentinel.ts.
 * Invariant: it begins when it is told to; what cannot be resolved or is not allowed is left out.
 */
import { parentPort, workerData } from "node:worker_threads";
import { assert } from "../../shared/assert.ts";
import { splitUrl } from "../../shared/net/target-url.ts";
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
import type { Seen, SentinelCommand, SentinelData } from "./protocol.ts";
import { pageRequest, Scraper } from "./scraper.ts";

const MAX_TARGETS = 16;
/** Sites of the templates of pages, apart from those of targets and steps. */
const FIRST_SITE = 65_536;

assert(parentPort, "a sentinel runs in a worker thread");
const port = parentPort;
const { scenario, lists } = workerData as SentinelData;

const client = new HttpClient();

function tell(seen: Seen): void {
  port.postMessage(seen);
}

async function probe(ladder: StrictLadder, fromUs: number): Promise<void> {
  const some = { ...scenario, targets: scenario.targets.slice(0, MAX_TARGETS) };
  const targets = await resolveTargets(some, lists, systemClock.monotonicUs);
  for (const [at, target] of targets.entries()) {
    const probes = ladderOf(target, at, ladder);
    // Not all at once.
    const dueUs = fromUs + (ladder.everyUs * at) / targets.length;
    callAt(dueUs, () => probes.step(dueUs));
  }
}

/** Connects as the connections of the first role do. */
function ladderOf(target: ResolvedTarget, at: number, { everyUs, echo }: StrictLadder): Ladder {
  const [address = ""] = target.addresses;
  const [handshake] = target.handshakes;
  assert(handshake, "sentinel: a target has a handshake for each role");
  return new Ladder({
    ...{ everyUs, echo, address, port: target.endpoint.port },
    ...{ clock: systemClock, timers: systemTimers },
    open: (owner) => {
      const route = { address, localAddress: null };
      const context = { ...STATIC_CONTEXT, seed: scenario.seed, nowMs: systemClock.wallMs() };
      return leanDriver.open(openRequest({ target, handshake, route }, context), owner);
    },
    onRung: (rung, tookUs) => tell({ probe: { target: at, rung, tookUs } }),
  });
}

async function read(pages: readonly StrictScrape[], fromUs: number): Promise<void> {
  let first = 0;
  for (const [at, page] of pages.entries()) {
    const scraper = await scraperOf(page, at, first);
    first += page.pick.length;
    callAt(fromUs, () => scraper.read());
  }
}

/** @param first position of what it picks */
async function scraperOf(page: StrictScrape, at: number, first: number): Promise<Scraper> {
  const { secure, host, port: number, path } = splitUrl(page.url);
  const [address = ""] = await checkedAddresses({ host, port: number }, lists);
  const request = pageRequest({
    origin: { secure, host, port: number, tls: { ...scenario.connect.tls, servername: null } },
    ...{
      address,
      path: pathText(compileUrl(path, scenario, FIRST_SITE + at).render(STATIC_CONTEXT)),
    },
  });
  return new Scraper({
    ...{ everyMs: page.everyUs / 1000, pick: page.pick, timers: systemTimers },
    ask: (owner) => client.send(request, owner),
    onReading: (position, value) => tell({ reading: { pick: first + position, value } }),
  });
}

function callAt(dueUs: number, then: () => void): void {
  systemTimers.after(Math.max(0, (dueUs - systemClock.monotonicUs()) / 1000), then);
}

port.on("message", ({ type, fromUs }: SentinelCommand) => {
  const { ladder = null, metrics = [] } = scenario.observe ?? {};
  if (type === "probe" && ladder !== null) void probe(ladder, fromUs);
  if (type === "read") void read(metrics, fromUs);
});
