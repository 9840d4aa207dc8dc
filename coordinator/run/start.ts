/**
 * The start of run time: one moment on the bus clock, far enough ahead for all workers to hear of it. Called
 * by run.ts. Invariant: the moment is written to the journal and the run document before it comes.
 */
import type { CoordinatorBus } from "../../shared/bus/bus.ts";
import type { ActiveRun } from "./active-run.ts";

const PROBES = 8;
/** Lead on a bus inside this host, and on a network. */
const LOCAL_LEAD_US = 500_000;
const NETWORK_LEAD_US = 2_000_000;
/** Of the slowest probe: it stands for the 99th percentile of the round trip. */
const RTT_FACTOR = 5;

interface BusClock {
  /** Bus clock minus this host's monotonic clock, of the probe with the shortest round trip. */
  readonly offsetUs: number;
  readonly slowestRttUs: number;
}

export async function startRunTime(run: ActiveRun): Promise<void> {
  const { offsetUs, slowestRttUs } = await readBusClock(run.bus, () => run.nowUs());
  const leastUs = run.bus.kind === "ipc" ? LOCAL_LEAD_US : NETWORK_LEAD_US;
  const leadUs = Math.max(leastUs, RTT_FACTOR * slowestRttUs);
  const startUs = run.nowUs() + leadUs;
  const startAtUs = startUs + offsetUs;
  run.log.setStart(startUs);
  const startWallMs = Math.round(run.request.clock.wallMs() + leadUs / 1000);
  run.log.event({ type: "start", startAtUs, startWallMs });
  await run.document.write({ startAtUs });
  await run.move("running");
  await run.log.sync();
  await run.writeRunFile();
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
