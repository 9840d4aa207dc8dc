/** A broker, a coordinator and two workers, as the tests of a service want them. Invariant: what was started ends, also when the next could not be started. */
import { type ClusterWorker, Coordinator, startWorker } from "./coordinator.ts";
import { type BrokerServer, startBroker } from "./servers.ts";

export interface TwoWorkers {
  readonly broker: BrokerServer;
  readonly coordinator: Coordinator;
  readonly workers: readonly ClusterWorker[];
}

/** @param data of the coordinator: its runs */
export async function startTwoWorkers(
  kind: Parameters<typeof startBroker>[0],
  data: string,
): Promise<TwoWorkers> {
  const broker = await startBroker(kind);
  try {
    const coordinator = await Coordinator.start({ bus: broker.url, data });
    const workers = ["worker-a", "worker-b"].map((id) => startWorker(broker.url, id));
    return { broker, coordinator, workers };
  } catch (error) {
    await broker.stop();
    throw error;
  }
}

/** Of a cluster that never came to be: nothing. */
export async function endTwoWorkers(cluster: Partial<TwoWorkers>): Promise<void> {
  await Promise.all((cluster.workers ?? []).map((worker) => worker.leave()));
  await cluster.coordinator?.kill();
  await cluster.broker?.stop();
}
