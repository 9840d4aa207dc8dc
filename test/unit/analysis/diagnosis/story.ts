/**
 * Runs told second by second, for the tests of detectors: a fold of what one engine would have reported. Seeded noise, so that a run
 * in which nothing is wrong is not a smooth one.
 */
import { diagnose } from "../../../../coordinator/analysis/diagnosis/rank.ts";
import { DETECTORS } from "../../../../coordinator/analysis/diagnosis/registry.ts";
import { Signals } from "../../../../coordinator/analysis/diagnosis/signals.ts";
import { RunFold } from "../../../../coordinator/merge/run-fold.ts";
import type { StrictPhase, StrictScenario } from "../../../../shared/scenario/strict.ts";
import {
  METRICS,
  type Metric,
  type NameCounter,
  ROLE_COUNTERS,
  TARGET_COUNTERS,
  type TargetCounter,
} from "../../../../shared/stats/counters.ts";
import type { FailureKind } from "../../../../shared/stats/failure-kind.ts";
import { drawUnit, Stream } from "../../../../shared/time/random.ts";
import type { ConnectionMoment } from "../../../../shared/wire/frame/failure-event.ts";
import type { EngineHealth, Frame } from "../../../../shared/wire/frame/frame.ts";
import { KERNEL_FIELDS, type KernelField } from "../../../../shared/wire/frame/kernel.ts";
import { RUNGS, type Rung } from "../../../../shared/wire/frame/sentinel-rows.ts";
import {
  begun,
  ended,
  facts,
  merge,
  ordered,
  SyntheticEngine,
  scenario,
} from "../../merge/synthetic-run.ts";
import { dependent, normal } from "../stats/noise.ts";

export interface ToldFailure {
  readonly kind: FailureKind;
  readonly signature?: string;
  readonly count: number;
  readonly target?: number;
  readonly attempt?: number;
  readonly phase?: number;
  readonly detail?: string;
}

/** What happens in a second; what is not said does not. */
export interface Told {
  readonly open?: number;
  readonly opened?: number;
  readonly failed?: number;
  readonly dropped?: number;
  /** A tick, ten of them. */
  readonly sent?: readonly number[];
  readonly received?: readonly number[];
  readonly expected?: number;
  readonly matched?: number;
  readonly timedOut?: number;
  readonly late?: number;
  readonly latencyUs?: readonly number[];
  /** Else as latencyUs. */
  readonly serviceUs?: readonly number[];
  readonly sendLagUs?: readonly number[];
  readonly pushUs?: readonly number[];
  /** By position in the mix; else all are of the first. */
  readonly byName?: readonly (readonly number[])[];
  readonly pingUs?: readonly number[];
  readonly lifetimeUs?: readonly number[];
  readonly failures?: readonly ToldFailure[];
  readonly targets?: readonly Partial<Record<TargetCounter, number>>[];
  readonly roles?: readonly Partial<Record<(typeof ROLE_COUNTERS)[number], number>>[];
  readonly names?: readonly Partial<Record<NameCounter, number>>[];
  readonly health?: Partial<EngineHealth>;
  readonly events?: Frame["events"];
  readonly controls?: Frame["controls"];
  readonly agreed?: Frame["agreed"];
  readonly reaches?: Frame["reaches"];
  readonly tcpUs?: readonly number[];
  readonly tlsUs?: readonly number[];
  readonly upgradeUs?: readonly number[];
  readonly loopLagUs?: readonly number[];
  readonly connectUs?: readonly number[];
  /** Messages nobody asked for, and the bytes of all that came. */
  readonly unsolicited?: number;
  readonly bytesReceived?: number;
  readonly kernel?: Partial<Record<KernelField, number>>;
  /** How long each rung took; null: no answer. */
  readonly probes?: Partial<Record<Rung, number | null>>;
  /** What the target tells of itself, by position. */
  readonly readings?: readonly number[];
}

/** @param connections at the end of the first `ramp` seconds, held from then on */
type Plan = Partial<StrictScenario> & { connections: number; ramp?: number };

/** Of one worker. */
export function foldOf(seconds: readonly Told[], plan: Plan): RunFold {
  return foldOfWorkers([seconds], plan);
}

/** @param workers what happens to each of them in as many seconds; epochs count from 1 */
export function foldOfWorkers(
  workers: readonly (readonly Told[])[],
  { connections, ramp = 2, ...change }: Plan,
): RunFold {
  const long = workers[0]?.length ?? 0;
  const phases: readonly StrictPhase[] = [
    {
      phase: "grow",
      ramp: "linear",
      to: connections,
      durationUs: ramp * 1e6,
      exclude: false,
      messageFactor: 1,
    },
    {
      phase: "steady",
      ramp: "hold",
      durationUs: (long - ramp) * 1e6,
      exclude: false,
      messageFactor: 1,
    },
  ];
  const fold = new RunFold(facts({ phases, ...change }));
  const epochs = workers.map((_, at) => at + 1);
  begun(fold, ...epochs);
  for (const [at, seconds] of workers.entries()) {
    const engine = new SyntheticEngine();
    const frames = seconds.map((told, second) =>
      engine.frame(content(told, second, second < ramp ? 0 : 1)),
    );
    merge(fold, at + 1, frames);
  }
  ended(fold, Object.fromEntries(epochs.map((epoch) => [epoch, long - 1])));
  return fold;
}

/** The messages of these runs, of as many bytes by position in the mix. */
export function sized(sizes: readonly (readonly number[])[]): Pick<StrictScenario, "messages"> {
  const { messages } = scenario();
  return {
    messages: messages && {
      ...messages,
      mix: messages.mix.map((one, at) => ({
        ...one,
        send: { kind: "binary", sizes: sizes[at] ?? [], fill: "random" },
      })),
    },
  };
}

export function causesOf(fold: RunFold): string[] {
  return diagnose(new Signals(fold), DETECTORS).map(
    ({ cause, confidence }) => `${cause} ${confidence}`,
  );
}

function content(
  told: Told,
  second: number,
  phase: number,
): Parameters<SyntheticEngine["frame"]>[0] {
  const { open = 0, opened = 0, failed = 0, dropped = 0, sent = [], received = [] } = told;
  const sum = (ticks: readonly number[]) => ticks.reduce((all, one) => all + one, 0);
  const { expected = sum(sent), matched = sum(received), timedOut = 0 } = told;
  const { unsolicited = 0, bytesReceived = 0, late = 0 } = told;
  const times = told.byName ?? (told.latencyUs ? [told.latencyUs] : []);
  return {
    second,
    phases: {
      [phase]: {
        ...{ attempted: opened + failed, established: opened, failed, closed: dropped, dropped },
        ...{
          planned: sum(sent),
          sent: sum(sent),
          expected,
          matched,
          timedOut,
          received: sum(received) + unsolicited,
          ...{ unsolicited, bytesReceived, late },
        },
      },
    },
    names: (told.names ?? []).map((counters, name) => ({ phase, name, counters })),
    values: [
      ...times.flatMap((us, name) =>
        (["latency", "service"] as const).map((metric) => {
          const own = metric === "service" ? (told.serviceUs ?? us) : us;
          return { metric, phase, name, us: own };
        }),
      ),
      ...(told.pushUs ? [{ metric: "push" as const, phase, name: 0, us: told.pushUs }] : []),
      ...unnamed(
        {
          ...{ sendLag: told.sendLagUs, tcp: told.tcpUs, connect: told.connectUs, tls: told.tlsUs },
          ...{ upgrade: told.upgradeUs, ping: told.pingUs },
        },
        phase,
      ),
      ...unnamed({ lifetime: told.lifetimeUs, loopLag: told.loopLagUs }, phase),
    ],
    ticks: {
      open: Array(10).fill(open),
      opened: [opened],
      failed: [failed],
      closed: [dropped],
      sent,
      received,
    },
    failures: (told.failures ?? []).map((one) => ({
      kind: one.kind,
      signature: one.signature ?? "",
      phase: one.phase ?? phase,
      target: one.target ?? 0,
      count: one.count,
      sample: {
        connection: second,
        attempt: one.attempt ?? 0,
        atUs: second * 1e6 + 500_000,
        ageUs: 0,
        detail: one.detail ?? "",
      },
    })),
    targets: (told.targets ?? []).map((counters, target) => {
      return { phase, target, counters: ordered(TARGET_COUNTERS, counters) };
    }),
    roles: (told.roles ?? []).map((counters, role) => {
      return { phase, role, counters: ordered(ROLE_COUNTERS, counters) };
    }),
    health: told.health ?? {},
    events: told.events ?? [],
    controls: told.controls ?? [],
    agreed: told.agreed ?? [],
    reaches: told.reaches ?? [],
    ...(told.kernel && { kernel: KERNEL_FIELDS.map((field) => told.kernel?.[field] ?? 0) }),
    ...((told.probes || told.readings) && { sentinel: sentinelOf(told) }),
  };
}

/** Values of metrics without names; of one that is not told there are none. */
function unnamed(of: Partial<Record<Metric, readonly number[] | undefined>>, phase: number) {
  return METRICS.flatMap((metric) => {
    const us = of[metric];
    return us === undefined ? [] : [{ metric, phase, us }];
  });
}

function sentinelOf({ probes = {}, readings = [] }: Told): NonNullable<Frame["sentinel"]> {
  return {
    probes: RUNGS.flatMap((rung) => {
      const tookUs = probes[rung];
      return tookUs === undefined ? [] : [{ target: 0, rung, tookUs }];
    }),
    readings: readings.map((value, pick) => ({ pick, value })),
  };
}

/** A connection at a moment, in the middle of a second. */
export function momentAt(second: number, change: Partial<ConnectionMoment>): ConnectionMoment {
  return {
    ...{ atUs: second * 1e6 + 5e5, connection: second, attempt: 0, target: 0, role: 0, phase: 1 },
    ...{
      address: "",
      source: "",
      servedBy: "",
      ageMs: 1000,
      idleRxMs: 100,
      idleTxMs: 100,
      tokenAgeMs: null,
    },
    ...{ sent: 2, received: 2, bytesSent: 128, open: 200, inFlight: 0, bufferedBytes: 0 },
    ...{ lastName: 0, lastBytes: 64, recent: new Uint8Array(0) },
    ...change,
  };
}

export interface Healthy {
  readonly seed: number;
  readonly seconds: number;
  readonly connections: number;
  readonly ramp: number;
  /** Messages of a connection a second. */
  readonly rate: number;
  readonly medianUs: number;
  /** Of one second's level with the next. */
  readonly correlation: number;
  /** Standard deviation of the logarithm of single values. */
  readonly spread: number;
}

/** A run in which nothing is wrong: a ramp, a level that wanders, values with a tail, now and then a lost connection. */
export function healthySeconds(of: Healthy): Told[] {
  const { seed, seconds, connections, ramp, rate, medianUs, correlation, spread } = of;
  const levels = dependent(seed, 1, { length: seconds, correlation });
  return levels.map((level, second): Told => {
    const open = Math.round(connections * Math.min(1, (second + 1) / ramp));
    const opened = open - Math.round(connections * Math.min(1, second / ramp));
    const sent = Array.from({ length: 10 }, (_, tick) =>
      Math.max(
        0,
        Math.round(
          (open * rate) / 10 + Math.sqrt((open * rate) / 10) * normal(seed + 1, second, tick),
        ),
      ),
    );
    const all = sent.reduce((sum, one) => sum + one, 0);
    const centre = medianUs * Math.exp(0.1 * level);
    const latencyUs = Array.from({ length: Math.min(all, 200) }, (_, at) =>
      Math.round(centre * Math.exp(spread * normal(seed + 2, second, at))),
    );
    const isDropped = drawUnit(seed + 3, Stream.slot, second, 0) < 0.02;
    return {
      ...{ open, opened, sent, received: sent, latencyUs },
      ...(isDropped && {
        dropped: 1,
        lifetimeUs: [Math.max(1, second * 1e6)],
        failures: [{ kind: "abnormal-close" as const, signature: "ECONNRESET", count: 1 }],
      }),
    };
  });
}
