/**
 * Single failures of a run, and healthy connections to hold them against, as samples with weights: what patterns on clocks, in
 * places and in sequences are looked for in. Filled by merge.ts, read by coordinator/analysis. Exact counts are in
 * failure-groups.ts. Invariant: the order of frames changes nothing. Bound: a run is cut into SPANS stretches; of each MOST_EVENTS
 * failures of a kind are kept, and MOST_CONTROLS connections.
 */
import {
  describeFailure,
  type FailureKind,
  type Stage,
  stageOf,
} from "../../../shared/stats/failure-kind.ts";
import { draw32, Stream } from "../../../shared/time/random.ts";
import type {
  ConnectionMoment,
  ControlSample,
  FailureEvent,
} from "../../../shared/wire/frame/failure-event.ts";
import type { Frame } from "../../../shared/wire/frame/frame.ts";
import { type RecentEvent, recentEvents } from "../../../shared/wire/frame/recent-event.ts";
import { Thinned } from "./thinned.ts";

const SPANS = 64;
const MOST_EVENTS = 100;
const MOST_CONTROLS = 200;

/** Who ended the connection, or the attempt; none: it was not ended, or nobody knows; tool: a fault of the scenario. */
export type Initiator = "client" | "server" | "none" | "tool";

/** A connection at a moment, with what only the whole run knows. */
export interface KnownMoment extends Omit<ConnectionMoment, "recent"> {
  /** Epoch of its worker. */
  readonly worker: number;
  /** A fault of the scenario acts on it; `phase` is that of the scenario. */
  readonly isInjected: boolean;
  /** Connections open in the whole cluster at the end of that second. */
  readonly openInCluster: number;
  /** Its last events, at most RECENT_EVENTS, the oldest first. */
  readonly recent: readonly RecentEvent[];
  /** How many failures, or connection-seconds, it stands for. */
  readonly weight: number;
}

export interface KnownFailure extends KnownMoment {
  readonly kind: FailureKind;
  readonly signature: string;
  readonly stage: Stage;
  readonly initiator: Initiator;
}

interface Kept<T> {
  readonly worker: number;
  readonly moment: T;
}

export interface EventFacts {
  /** Seconds of run time there may be. */
  readonly seconds: number;
  /** Of the scenario; behind them are those of what faults are to blame for. */
  readonly phases: number;
  /** Connections open in the cluster at the end of a second. */
  openAt(second: number): number;
}

export class FailureEvents {
  readonly #facts: EventFacts;
  readonly #failures = new Map<string, Thinned<Kept<FailureEvent>>>();
  readonly #controls = new Map<number, Thinned<Kept<ControlSample>>>();

  constructor(facts: EventFacts) {
    this.#facts = facts;
  }

  addFrame(worker: number, seq: number, { second, events, controls }: Frame): void {
    const span = this.#spanOf(second);
    for (const [row, moment] of events.entries()) {
      const key = `${span} ${moment.kind}`;
      const kept = this.#failures.get(key) ?? new Thinned(MOST_EVENTS);
      this.#failures.set(key, kept);
      kept.add(draw32(worker, Stream.sample, seq, row), { worker, moment });
    }
    for (const [row, moment] of controls.entries()) {
      const kept = this.#controls.get(span) ?? new Thinned(MOST_CONTROLS);
      this.#controls.set(span, kept);
      kept.add(draw32(worker, Stream.sample, seq, -1 - row), { worker, moment });
    }
  }

  /** In the order of time. */
  failures(): KnownFailure[] {
    const known = [...this.#failures.values()].flatMap((kept) =>
      kept.items.map(({ worker, moment }) => ({
        ...this.#known(worker, moment, kept.factor),
        ...{ kind: moment.kind, signature: moment.signature },
        ...{ stage: stageOf(moment.kind), initiator: initiatorOf(moment.kind) },
      })),
    );
    return known.sort(byTime);
  }

  /** In the order of time. */
  controls(): KnownMoment[] {
    const known = [...this.#controls.values()].flatMap((kept) =>
      kept.items.map(({ worker, moment }) => this.#known(worker, moment, kept.factor)),
    );
    return known.sort(byTime);
  }

  #known(
    worker: number,
    moment: ConnectionMoment & { readonly weight: number },
    factor: number,
  ): KnownMoment {
    const { phases } = this.#facts;
    const { phase, recent, ...clocks } = moment;
    return {
      ...clocks,
      worker,
      phase: phase % phases,
      isInjected: phase >= phases,
      openInCluster: this.#facts.openAt(Math.floor(clocks.atUs / 1_000_000)),
      recent: recentEvents(recent),
      weight: clocks.weight * factor,
    };
  }

  #spanOf(second: number): number {
    const seconds = Math.max(1, Math.ceil(this.#facts.seconds / SPANS));
    return Math.floor(Math.max(0, second) / seconds);
  }
}

function byTime(a: KnownMoment, b: KnownMoment): number {
  return a.atUs - b.atUs || a.connection - b.connection || a.worker - b.worker;
}

const INITIATORS: Partial<Record<FailureKind, Initiator>> = {
  "close-code": "server",
  "upgrade-status": "server",
  protocol: "client",
  "heartbeat-timeout": "client",
  "close-timeout": "client",
  "message-limit": "client",
  "memory-limit": "client",
};

function initiatorOf(kind: FailureKind): Initiator {
  if (describeFailure(kind).cause === "injected") return "tool";
  return INITIATORS[kind] ?? "none";
}
