/**
 * Cuts an engine's frames: one for every second of run time that is over, and the final one. Used by engine.ts.
 * Invariant: each frame goes out with the health of the engine since the one before. What only looking each second tells (the
 * kernel's counters, healthy connections) is in no frame of a second that nobody looked at.
 */
import { assert } from "../../shared/assert.ts";
import type { Frame } from "../../shared/wire/frame/frame.ts";
import { encodeFrame } from "../../shared/wire/frame/frame-codec.ts";
import { KernelWatch } from "../record/kernel-watch.ts";
import type { SelfCheck } from "../record/self-check.ts";
import type { ConnectionPool } from "./connection-pool.ts";
import type { EngineContext } from "./engine-context.ts";

const SECOND_US = 1_000_000;
/** Empty seconds reported one by one after a stall; a longer one is skipped over. */
const MAX_CATCH_UP_CUTS = 120;

export class FrameCuts {
  readonly #context: EngineContext;
  readonly #pool: ConnectionPool;
  readonly #selfCheck: SelfCheck;
  /** The machine's, so one engine of the worker looks. */
  readonly #kernel: KernelWatch | null;

  constructor(context: EngineContext, pool: ConnectionPool, selfCheck: SelfCheck) {
    this.#context = context;
    this.#pool = pool;
    this.#selfCheck = selfCheck;
    this.#kernel = context.engine === 0 ? new KernelWatch() : null;
  }

  /** When the next second is over, run time. */
  get nextUs(): number {
    return this.#pool.recorder.nextCutUs;
  }

  /** Of the time before this second there is nothing to say. */
  begin(second: number): void {
    this.#pool.recorder.begin(second);
    this.#kernel?.sample();
  }

  /** @param nowUs run time, nextUs or later */
  cutUntil(nowUs: number): void {
    const { recorder } = this.#pool;
    const behind = Math.floor(nowUs / SECOND_US) - recorder.second;
    assert(behind > 0, "engine: cut without a second being over");
    const cuts = Math.min(behind, MAX_CATCH_UP_CUTS);
    for (let missed = 1; missed < cuts; missed++) this.#cut(false, {});
    const kernel = this.#look();
    // What it gained in more than a second would look like a peak of one.
    this.#cut(false, behind > 1 ? {} : kernel);
    if (recorder.nextCutUs <= nowUs) recorder.begin(Math.floor(nowUs / SECOND_US));
  }

  /** The current second, as far as it has come, is the last. */
  cutLast(): void {
    this.#cut(true, this.#look());
  }

  #look(): Pick<Frame, "kernel"> {
    const { recorder, controls } = this.#pool;
    recorder.events.compare(controls.take(this.#context.plan.scenario.seed, recorder.second));
    const kernel = this.#kernel?.sample();
    return kernel ? { kernel } : {};
  }

  #cut(final: boolean, kernel: Pick<Frame, "kernel">): void {
    const { recorder, live, routes } = this.#pool;
    const { engine } = this.#context;
    const use = { sockets: live, ports: routes.portsInUse(live) };
    const health = this.#selfCheck.sample(this.#context.monotonicUs(), use);
    const { second } = recorder;
    const sentinel = this.#context.sentinel?.take();
    const body = encodeFrame({
      ...recorder.cut(engine, health, final),
      ...kernel,
      ...(sentinel && { sentinel }),
    });
    this.#context.report({ type: "frame", second, final, body });
  }
}
