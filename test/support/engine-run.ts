/** Runs one real engine in this thread, on real sockets, and adds up its frames. */

import { buildPopulation } from "../../shared/load/arrivals.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import { METRICS, type Metric, PHASE_COUNTERS } from "../../shared/stats/counters.ts";
import { MergedHistogram } from "../../shared/stats/histogram.ts";
import type { Frame } from "../../shared/wire/frame/frame.ts";
import { decodeFrame } from "../../shared/wire/frame/frame-codec.ts";
import { WIRE_VERSION } from "../../shared/wire/plan.ts";
import { wholeShard } from "../../shared/wire/slice.ts";
import { Engine } from "../../worker/engine/engine.ts";
import { prepareLogins } from "../../worker/login/login-step.ts";
import { resolveTargets } from "../../worker/reach/resolve.ts";
import { TurnClock } from "./turn-clock.ts";

export interface EngineRun {
  readonly frames: readonly Frame[];
  /** Sums of PHASE_COUNTERS over phases and frames. */
  readonly counters: Readonly<Record<(typeof PHASE_COUNTERS)[number], number>>;
  readonly closes: Readonly<Record<string, number>>;
  readonly failures: readonly { kind: string; signature: string; count: number }[];
  histogram(metric: Metric): MergedHistogram;
}

export interface EngineRunOptions {
  readonly shards?: number;
  /** What the target's name resolves to; asks the resolver unless told. */
  readonly addresses?: readonly string[];
  /** Those the engine has from the start; all unless told. */
  readonly held?: readonly number[];
  /** By which the run goes, and whatever else has to keep pace with it. */
  readonly clock?: TurnClock;
  /** Called once a turn after the start, with the engine and the run time. */
  readonly onTurn?: (engine: Engine, runUs: number) => void;
}

/** Executes all shards of a scenario on one engine, until its final frame. */
export async function runEngine(
  scenario: StrictScenario,
  options: EngineRunOptions = {},
): Promise<EngineRun> {
  const shards = options.shards ?? 8;
  const population = buildPopulation(scenario);
  const frames: Frame[] = [];
  const { addresses, clock = new TurnClock() } = options;
  const { monotonicUs } = clock;
  const resolved = await resolveTargets(scenario, [], monotonicUs);
  const targets = resolved.map((target) =>
    addresses === undefined ? target : { ...target, addresses, accepting: addresses.length },
  );
  const engine = new Engine({
    plan: {
      version: WIRE_VERSION,
      run: "test-run",
      hash: "",
      scenario,
      shards,
      connections: population.connections,
      durationUs: population.profile.durationUs,
      allowTargets: [],
      drainUs: 10_000_000,
      recoverWithinUs: 3_000_000,
      onBusLoss: "fence",
    },
    engine: 0,
    targets,
    logins: await prepareLogins(scenario, []),
    monotonicUs,
    afterReading: setImmediate,
    report: (report) => {
      if (report.type === "frame") frames.push(decodeFrame(report.body));
    },
  });
  engine.addSlices((options.held ?? [...Array(shards).keys()]).map(wholeShard));
  const startUs = monotonicUs() + 20_000;
  engine.start(startUs);
  await new Promise<void>((resolve, reject) => {
    const timer = setInterval(() => {
      try {
        clock.turn();
        options.onTurn?.(engine, monotonicUs() - startUs);
        engine.turn();
      } catch (error) {
        clearInterval(timer);
        reject(error as Error);
        return;
      }
      if (!engine.finished) return;
      clearInterval(timer);
      resolve();
    }, 1);
  });
  return summed(frames);
}

function summed(frames: readonly Frame[]): EngineRun {
  const counters = Object.fromEntries(PHASE_COUNTERS.map((name) => [name, 0])) as Record<
    (typeof PHASE_COUNTERS)[number],
    number
  >;
  const closes: Record<string, number> = {};
  const failures = new Map<string, { kind: string; signature: string; count: number }>();
  for (const frame of frames) {
    for (const { counters: row } of frame.phases) {
      PHASE_COUNTERS.forEach((name, at) => {
        counters[name] += row[at] ?? 0;
      });
    }
    for (const { cause, count } of frame.closes) closes[cause] = (closes[cause] ?? 0) + count;
    for (const { kind, signature, count } of frame.failures) {
      const key = `${kind} ${signature}`;
      const known = failures.get(key) ?? { kind, signature, count: 0 };
      known.count += count;
      failures.set(key, known);
    }
  }
  return {
    frames,
    counters,
    closes,
    failures: [...failures.values()],
    histogram(metric) {
      const merged = new MergedHistogram();
      const id = METRICS.indexOf(metric);
      for (const frame of frames) {
        for (const row of frame.histograms) if (row.metric === id) merged.add(row.bytes);
      }
      return merged;
    },
  };
}
