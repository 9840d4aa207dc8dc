/**
 * How much a coordinator carries: 500 workers that send a frame a second each, of a run with a million connections. The section
 * `capacity` of bench.ts. In virtual time: CPU, memory and journal of a long run. In real time, coordinator and workers on
 * different cores: how late results are with somebody who watches the event stream.
 */
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type BrokerKind, missing, startBroker } from "../support/servers.ts";
import { emit } from "./emit.ts";
import { GENERATOR_CORE, spawnNode } from "./processes.ts";

const coordinatorEntry = fileURLToPath(new URL("./capacity/coordinator.js", import.meta.url));

async function measure(args: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  const child = spawnNode(GENERATOR_CORE, ["--expose-gc", coordinatorEntry, ...args]);
  let output = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`the capacity benchmark ended with ${code}`);
  return JSON.parse(output) as Record<string, unknown>;
}

/** @param minutes of virtual time @param seconds of real time, on each bus there is */
export async function capacityBenchmark(minutes: number, seconds: number): Promise<void> {
  const real = async (address: string) => {
    const method = "real time, one frame a second from each worker at the end of each second";
    emit({ bench: "capacity", method, ...(await measure(["real", String(seconds), address])) });
  };
  await real("ipc");
  for (const kind of ["redis", "nats"] as const satisfies readonly BrokerKind[]) {
    if (missing(kind) !== null) continue;
    const broker = await startBroker(kind);
    try {
      await real(broker.url);
    } finally {
      await broker.stop();
    }
  }
  const method = "virtual time, everything of the coordinator in one process, journal on disk";
  emit({ bench: "capacity", method, ...(await measure(["virtual", String(minutes)])) });
}
