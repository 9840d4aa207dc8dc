/**
 * Reports each call of a hook that a probe's connection makes: what it returned, or what went wrong, and how long it took. Told by
 * the hooks' thread. Invariant: a call is reported once, behind what the engine has made of it, so that a secret which it set is
 * masked already. Bound: the calls that are at the thread.
 */
import { HOOK_FUNCTIONS } from "../../shared/scenario/hook-functions.ts";
import type { HookWatcher } from "../hooks/hook-thread.ts";
import type { HookAnswer, HookCall, HookValue } from "../hooks/protocol.ts";
import type { Tracer } from "./tracer.ts";

const SLOW = "it took longer than hooks.timeout";

export class TracedHooks implements HookWatcher {
  readonly #tracer: Tracer;
  readonly #called = new Map<number, HookCall>();

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  called(call: HookCall): void {
    this.#called.set(call.id, call);
  }

  answered(answers: readonly HookAnswer[]): void {
    for (const { id, tookUs, value, problem, isSlow } of answers) {
      const call = this.#called.get(id);
      if (call === undefined) continue;
      this.#called.delete(id);
      const name = HOOK_FUNCTIONS[call.hook] ?? "";
      this.#tracer.happened({
        ...{ type: "hook", hook: call.name === null ? name : `${name} ${call.name}` },
        returned: this.#tracer.clean(written(value)),
        problem: this.#tracer.clean(isSlow ? SLOW : problem),
        ms: tookUs / 1000,
      });
    }
  }
}

/** "" for nothing. */
function written(value: HookValue): string {
  if (value === null) return "";
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  return typeof value === "string" ? value : JSON.stringify(value);
}
