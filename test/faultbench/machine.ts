/**
 * Whether the machine is the benchmark's own while a run goes on. Called by live-run.ts; read by main.ts and truth.ts.
 * Invariant: it looks at the machine and not at the run: what a fault does to the generator is no reason to leave a run out.
 */
import { readFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { monotonicUs } from "../../shared/time/clock.ts";

export interface Machine {
  /** How late timers of this idle process were, 99th percentile. */
  readonly timerLagMs: number;
  /** Share of the time in which some process waited for a processor; null where the system does not say (Linux does). */
  readonly cpuPressure: number | null;
}

const MOST_TIMER_LAG_MS = 50;
/** A run alone on two cores comes to less than half of it; a load of the machine's size beside it to nearly all of it. */
const MOST_CPU_PRESSURE = 0.6;

/** Whether others had the machine. Of a case that takes the processor itself, that is the point. @param label null: healthy */
export function isDisturbed(
  { timerLagMs, cpuPressure }: Machine,
  label: { readonly locus: string } | null,
): boolean {
  if (label?.locus === "generator") return false;
  return timerLagMs > MOST_TIMER_LAG_MS || (cpuPressure ?? 0) > MOST_CPU_PRESSURE;
}

/** Starts to look. @returns what was seen from then on */
export function watchMachine(): () => Machine {
  const lag = monitorEventLoopDelay({ resolution: 10 });
  lag.enable();
  const fromUs = monotonicUs();
  const waitedUs = cpuWaitUs();
  return () => {
    lag.disable();
    const nowWaitedUs = cpuWaitUs();
    return {
      timerLagMs: lag.percentile(99) / 1e6,
      cpuPressure:
        waitedUs === null || nowWaitedUs === null
          ? null
          : (nowWaitedUs - waitedUs) / (monotonicUs() - fromUs),
    };
  };
}

/** Microseconds since the start of the system in which some process waited for a processor. */
function cpuWaitUs(): number | null {
  try {
    const total = /^some .*total=(\d+)/m.exec(readFileSync("/proc/pressure/cpu", "utf8"))?.[1];
    return total === undefined ? null : Number(total);
  } catch {
    return null;
  }
}
