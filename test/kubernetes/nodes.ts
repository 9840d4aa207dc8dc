/**
 * The nodes of the cluster: drained, closed to new pods, and open again. Used by rows.ts. Invariant: one node at a time is
 * closed, whoever shares the cluster, as long as they make the same folder; it is open again whatever happened.
 */
import { mkdirSync, rmdirSync } from "node:fs";
import type { Kubectl } from "./kubectl.ts";
import { until } from "./until.ts";

const DRAIN_SECONDS = 150;
const TURN_MS = 600_000;

export class Nodes {
  readonly #kubectl: Kubectl;
  readonly #lock: string | null;
  #turn: Promise<unknown> = Promise.resolve();

  /** @param lock a folder that is made while a node is closed, for others on the same cluster; null: there are none */
  constructor(kubectl: Kubectl, lock: string | null) {
    this.#kubectl = kubectl;
    this.#lock = lock;
  }

  /** Those that take pods. */
  async names(): Promise<string[]> {
    const { items } = await this.#kubectl.json<{
      items: { metadata: { name: string }; spec: { unschedulable?: boolean } }[];
    }>(["get", "nodes"]);
    return items
      .filter(({ spec }) => spec.unschedulable !== true)
      .map((node) => node.metadata.name);
  }

  /** One after another: what closes nodes in `work`. */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#turn;
    const mine = before.then(async () => {
      await this.#lockOthers();
      try {
        return await work();
      } finally {
        if (this.#lock !== null) rmdirSync(this.#lock);
      }
    });
    this.#turn = mine.catch(() => {});
    return mine;
  }

  /** No new pod comes to the node while `work` goes on. */
  async closed(node: string, work: () => Promise<void>): Promise<void> {
    await this.#kubectl.text(["cordon", node]);
    try {
      await work();
    } finally {
      await this.#kubectl.text(["uncordon", node]);
    }
  }

  /** `kubectl drain` of the pods that the selector names, and the node open again. */
  async drained(node: string, selector: string): Promise<void> {
    await this.closed(node, async () => {
      await this.#kubectl.text(
        [
          ...["drain", node, "--ignore-daemonsets", "--delete-emptydir-data"],
          ...[`--pod-selector=${selector}`, `--timeout=${DRAIN_SECONDS}s`],
        ],
        { withinMs: (DRAIN_SECONDS + 10) * 1000 },
      );
    });
  }

  async #lockOthers(): Promise<void> {
    const lock = this.#lock;
    if (lock === null) return;
    await until(`${lock} is free`, TURN_MS, async () => {
      mkdirSync(lock);
      return true;
    });
  }
}
