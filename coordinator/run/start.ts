/**
 * The start of run time: one moment on the bus clock, far enough ahead for all workers to hear of it. Called
 * by run.ts. Invariant: the moment is on disk before it is on the bus, and on the bus before it comes.
 */
import type { CoordinatorBus } from "../../shared/bus/bus.ts";
import { readRun, unlessRefused } from "../../shared/bus/read-document.ts";
import type { WorkerStatus } from "../../shared/wire/worker-info.ts";
import type { ActiveRun } from "../active-run/active-run.ts";
import { repeat } from "../active-run/bus-retry.ts";

const PROBES = 8;
/** Lead on a bus inside this host, where a hint takes a millisecond and workers are busy with nothing else; on a network. */
const LOCAL_LEAD_US = 250_000;
const NETWORK_LEAD_US = 2_000_000;
/** Of the slowest probe: it stands for the 99th percentile of the round trip. */
const RTT_FACTOR = 5;
/** States of a worker that has heard of the start. */
const STARTED: ReadonlySet<WorkerStatus["state"]> = new Set(["running", "draining", "finished"]);

interface BusClock {
  /** Bus clock minus this host's monotonic clock, of the probe with the shortest round trip. */
  readonly offsetUs: number;
  readonly slowestRttUs: number;
}

export async function startRunTime(run: ActiveRun): Promise<void> {
  await setStart(run, await probe(run));
  await repeat(run, async () => {
    if (run.state === "ready") await run.move("running");
    else await run.publish();
    return true;
  });
  await run.writeRunFile();
}

/**
 * Goes on with run time after the coordinator was started again. When it had died before anybody heard of the start,
 * there is a new one.
 */
export async function resumeRunTime(run: ActiveRun): Promise<void> {
  const clock = await probe(run);
  const { startAtUs } = run.log.fold;
  if (startAtUs !== null) run.log.setStart(startAtUs - clock.offsetUs);
  if (startAtUs === null || !(await somebodyHeard(run))) await setStart(run, clock);
  await repeat(run, async () => {
    await run.publish();
    return true;
  });
}

async function setStart(run: ActiveRun, { offsetUs, slowestRttUs }: BusClock): Promise<void> {
  const leastUs = run.bus.kind === "ipc" ? LOCAL_LEAD_US : NETWORK_LEAD_US;
  const leadUs = Math.max(leastUs, RTT_FACTOR * slowestRttUs);
  const startUs = run.nowUs() + leadUs;
  run.log.setStart(startUs);
  const startWallMs = Math.round(run.request.clock.wallMs() + leadUs / 1000);
  run.log.event({ type: "start", startAtUs: startUs + offsetUs, startWallMs });
}

/** The document tells, and the workers do; when the bus has forgotten both, it is taken for heard. */
async function somebodyHeard(run: ActiveRun): Promise<boolean> {
  const { fleet } = run.request;
  const known = [...run.log.fold.merge.workers.values()].map(({ generation }) => generation);
  if (!known.includes(fleet.generation)) return true;
  return repeat(run, async () => {
    const document = await unlessRefused(readRun(run.bus, run.id));
    const heard = document !== null && document.startAtUs !== null;
    const runs = fleet.sessions.some(
      ({ epoch, status }) => fleet.runOf(epoch) === run.id && status && STARTED.has(status.state),
    );
    // Wrapped: repeat() takes null for "not yet" only.
    return { yes: heard || runs || run.state === "draining" };
  }).then(({ yes }) => yes);
}

function probe(run: ActiveRun): Promise<BusClock> {
  return repeat(run, () => readBusClock(run.bus, () => run.nowUs()));
}

async function readBusClock(bus: CoordinatorBus, nowUs: () => number): Promise<BusClock> {
  let shortestUs = Number.POSITIVE_INFINITY;
  let slowestRttUs = 0;
  let offsetUs = 0;
  for (let probe = 0; probe < PROBES; probe++) {
    const sentUs = nowUs();
    const busUs = await bus.time();
    const answeredUs = nowUs();
    const rttUs = answeredUs - sentUs;
    slowestRttUs = Math.max(slowestRttUs, rttUs);
    if (rttUs >= shortestUs) continue;
    shortestUs = rttUs;
    offsetUs = busUs - (sentUs + answeredUs) / 2;
  }
  return { offsetUs, slowestRttUs };
}
