/**
 * 20 other requests a second, 100 with ONRUSH_TEST_ALL=1, while something is done to a coordinator, each by itself. Used by the tests of what
 * attackers can do. Invariant: an answer that is not 200 is a failure; how long they took is kept, to be printed.
 */
import { ALL } from "./all.ts";
import type { Coordinator } from "./coordinator.ts";

const EVERY_MS = ALL ? 10 : 50;

export interface Crowd {
  readonly failures: readonly string[];
  /** Ends it, and waits for the answers. @returns count, p50, p99, max in milliseconds, as text */
  stop(): Promise<string>;
}

/** Paths that are exempt from the limit of requests. */
const PATHS = ["/livez", "/readyz"];

export function startCrowd(coordinator: Coordinator, paths: readonly string[] = PATHS): Crowd {
  const latenciesMs: number[] = [];
  const failures: string[] = [];
  const open = new Set<Promise<void>>();
  const one = async () => {
    const path = paths[latenciesMs.length % paths.length] ?? "/livez";
    const began = performance.now();
    try {
      const { status } = await coordinator.get(path);
      if (status !== 200) failures.push(`${path}: ${status}`);
    } catch (error) {
      failures.push(`${path}: ${String(error)}`);
    }
    latenciesMs.push(performance.now() - began);
  };
  const timer = setInterval(() => {
    const request = one().finally(() => open.delete(request));
    open.add(request);
  }, EVERY_MS);
  return {
    failures,
    async stop() {
      clearInterval(timer);
      await Promise.all(open);
      const figures = [0.5, 0.99, 1].map((share) => quantile(latenciesMs, share));
      return `${latenciesMs.length} ${figures.join(" ")}`;
    },
  };
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
}
