/**
 * The other end of the capacity benchmark in real time: the synthetic workers, and somebody who watches the run's event
 * stream. Started by coordinator.ts; prints one JSON line. How late a second is: from its end in run time to the moment in
 * which a view that holds all of its frames has been received. That is everything: making the burst of frames, the way over
 * the bus, journal, merge, view and stream.
 */
import { get } from "node:http";
import { createInterface } from "node:readline";
import type { LiveView } from "../../../coordinator/live/view.ts";
import { processChannel } from "../../../shared/bus/ipc/channel.ts";
import { IpcClient } from "../../../shared/bus/ipc/ipc-client.ts";
import { openBus } from "../../../shared/bus/open-bus.ts";
import { SignedWorkerBus } from "../../../shared/bus/signed/signed-bus.ts";
import { systemClock } from "../../../shared/time/clock.ts";
import { systemTimers } from "../../../shared/time/timer.ts";
import { TEST_KEYS } from "../../support/cluster-key.ts";
import { FrameMaker, type Spans } from "./load.ts";
import { SyntheticWorkers } from "./synthetic-workers.ts";

interface Order {
  readonly run: string;
  readonly workers: number;
  readonly spans: Spans;
  readonly address: string;
  readonly stream: string;
}

/** Messages in all frames up to a second, and when the last of them was with the bus. */
interface Delivered {
  readonly second: number;
  readonly sent: number;
  readonly atUs: number;
}

const { run, workers: count, spans, address, stream } = JSON.parse(process.argv[2] ?? "") as Order;
const bus =
  address === "ipc"
    ? new SignedWorkerBus(new IpcClient(processChannel(process as never)), {
        ...{ keys: TEST_KEYS, clock: systemClock, log: null },
      })
    : await openBus(address, "worker", { timers: systemTimers, keys: TEST_KEYS, log: null });
const delivered: Delivered[] = [];
const latenessMs: number[] = [];
const afterArrivalMs: number[] = [];
const burstMs: number[] = [];
const frames = new FrameMaker(spans);
const workers = new SyntheticWorkers({
  ...{ bus, run, workers: count, clock: systemClock, timers: systemTimers, frames },
  onSecond: (second, sent) => {
    const atUs = systemClock.monotonicUs();
    if (second < frames.seconds) delivered.push({ second, sent, atUs });
    burstMs.push((atUs - endOf(second)) / 1000);
  },
});

function endOf(second: number): number {
  return (workers.startUs ?? 0) + Math.min(second + 1, frames.seconds) * 1_000_000;
}

function seen(view: LiveView): void {
  const nowUs = systemClock.monotonicUs();
  for (let first = delivered[0]; first && first.sent <= view.messages.sent; first = delivered[0]) {
    delivered.shift();
    latenessMs.push((nowUs - endOf(first.second)) / 1000);
    afterArrivalMs.push((nowUs - first.atUs) / 1000);
  }
}

function watch(): Promise<void> {
  return new Promise((resolve) => {
    get(stream, (response) => {
      let kind = "";
      const lines = createInterface({ input: response });
      lines.on("line", (line) => {
        if (line.startsWith("event: ")) kind = line.slice("event: ".length);
        if (line.startsWith("data: ") && kind === "view") seen(JSON.parse(line.slice(6)));
      });
      lines.on("close", resolve);
    });
  });
}

const watching = watch();
await workers.live();
await watching;
const result = {
  ...{ frames: workers.frames, refused: workers.refused, secondsSeen: latenessMs.length },
  frameBytes: Math.round(workers.bytes / workers.frames),
  worstLagMs: Math.round(Math.max(...latenessMs)),
  medianLagMs: Math.round(latenessMs.toSorted((a, b) => a - b)[latenessMs.length >> 1] ?? 0),
  worstAfterArrivalMs: Math.round(Math.max(...afterArrivalMs)),
  worstBurstMs: Math.round(Math.max(...burstMs)),
};
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
