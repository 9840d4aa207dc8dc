/**
 * What faults cost the generator: echoes per CPU-second of connections that none acts on, beside one that acts on a single
 * connection, and of connections that one acts on, for a kind of each family that lasts. Part of bench.ts. Invariant: no fault
 * of these bounds what passes, so that what is compared is the same work.
 */
import type { StrictFault } from "../../shared/scenario/strict-fault.ts";
import { emit, median } from "./emit.ts";
import type { Measured } from "./generators.ts";
import type { Work } from "./work.ts";

type Act = StrictFault["act"];

const LATENCY: Act = {
  ...{ kind: "latency", delayUs: 1000, jitterUs: 0, distribution: "uniform", direction: "in" },
};
const BANDWIDTH: Act = { kind: "bandwidth", ratePerSec: 10_000_000, direction: "both" };
const SLOW_READER: Act = { kind: "slow-reader", bytesPerSec: 10_000_000 };

interface Case {
  readonly name: string;
  readonly act: Act;
  readonly on: "one" | "all";
}

const CASES: readonly Case[] = [
  { name: "unaffected, latency on another one", act: LATENCY, on: "one" },
  { name: "latency: 1 ms, one way", act: LATENCY, on: "all" },
  { name: "bandwidth: 10 MB/s each way", act: BANDWIDTH, on: "all" },
  { name: "slow-reader: 10 MB/s", act: SLOW_READER, on: "all" },
];

/** @param run one generator and a target of its own, with this beside what all have */
export async function faultsBenchmark(
  run: (over: Partial<Work>) => Promise<Measured>,
  { runs, connections }: { readonly runs: number; readonly connections: number },
): Promise<void> {
  const without: Measured[] = [];
  const within = CASES.map((): Measured[] => []);
  for (let round = 0; round < runs; round++) {
    without.push(await run({}));
    for (const [at, { act, on }] of CASES.entries()) {
      const count = on === "one" ? 1 : connections;
      within[at]?.push(await run({ fault: { act, count } }));
    }
  }
  const none = echoesPerCpuSecond(without);
  const method = `${connections} connections, each reply sends the next message, median of ${runs} runs`;
  emit({ bench: "faults", method, fault: "none", echoesPerCpuSecond: Math.round(none) });
  for (const [at, { name }] of CASES.entries()) {
    const measured = within[at] ?? [];
    const own = echoesPerCpuSecond(measured);
    emit({
      ...{ bench: "faults", method, fault: name, echoesPerCpuSecond: Math.round(own) },
      ratio: Number((own / none).toFixed(3)),
      failed: measured.reduce((sum, one) => sum + one.failed + one.timedOut, 0),
    });
  }
}

function echoesPerCpuSecond(measured: readonly Measured[]): number {
  return median(measured.map(({ echoes, echoCpuSeconds }) => echoes / echoCpuSeconds));
}
