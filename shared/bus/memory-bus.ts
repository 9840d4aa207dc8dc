/**
 * The whole bus in memory: the reference the other transports are held to, the coordinator's side in single-node mode, and
 * the bus of simulations. One MemoryBus is one side (one user) of a store; open another side of the same store for each
 * further user. Invariant: it signs with the key of its store, so all sides of one store are one cluster.
 */
import { type ClusterKeys, readClusterKeys } from "../trust/cluster-key.ts";
import { MemoryTransport } from "./memory/memory-transport.ts";
import type { MemoryStore } from "./memory/store.ts";
import { SignedBus } from "./signed/signed-bus.ts";

export class MemoryBus extends SignedBus {
  /** @param keys default: the store's own */
  constructor(store: MemoryStore, keys: ClusterKeys = readClusterKeys(store.clusterKey)) {
    super(new MemoryTransport(store), { keys, clock: store.clock, log: null });
  }
}
