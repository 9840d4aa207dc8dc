/**
 * Cuts an engine's frames: one for every second of run time that is over, and the final one. Used by engine.ts.
 * Invariant: each frame goes out with the health of the engine since the one before.
 */
import { assert } from "../../shared/assert.ts";
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

  /** @param nowUs run time, nextUs or later */
  cutUntil(nowUs: number): void {
    const { recorder } = this.#pool;
    const behind = Math.floor(nowUs / SECOND_US) - recorder.second;
    assert(behind > 0, "engine: cut without a second being over");
    for (let cuts = 0; cuts < Math.min(behind, MAX_CATCH_UP_CUTS); cuts++) this.report(false);
    if (recorder.nextCutUs <= nowUs) recorder.begin(Math.floor(nowUs / SECOND_US));
  }

  /** Reports the current second, as far as it has come. */
  report(final: boolean): void {
    const { recorder, live, routes, controls } = this.#pool;
    const { plan, engine } = this.#context;
    const use = { sockets: live, ports: routes.portsInUse(live) };
    recorder.events.compare(controls.take(plan.scenario.seed, recorder.second));
    const health = this.#selfCheck.sample(this.#context.monotonicUs(), use);
    const { second } = recorder;
    const kernel = this.#kernel?.sample();
    const sentinel = this.#context.sentinel?.take();
    const body = encodeFrame({
      ...recorder.cut(engine, health, final),
      ...(kernel && { kernel }),
      ...(sentinel && { sentinel }),
    });
    this.#context.report({ type: "frame", second, final, body });
  }
}
