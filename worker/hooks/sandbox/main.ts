/**
 * Entry of a hooks thread: loads the user's module and calls its functions. Started by hook-thread.ts for each engine whose
 * scenario has hooks. Invariant: every call is answered, once, but where the module never gives the thread back; then the
 * engine ends the thread. What is answered in one turn goes in one message.
 */
import { parentPort, workerData } from "node:worker_threads";
import { assert } from "../../../shared/assert.ts";
import { HOOK_FUNCTIONS } from "../../../shared/scenario/hook-functions.ts";
import { monotonicUs } from "../../../shared/time/clock.ts";
import { systemTimers } from "../../../shared/time/timer.ts";
import type { HookAnswer, HookCall, HookValue, SandboxData, SandboxReport } from "../protocol.ts";
import { type Hook, loadModule } from "./module.ts";
import { problemOf } from "./problem.ts";
import { payloadOf, valuesOf } from "./returned.ts";

assert(parentPort, "hooks run in a worker thread");
const port = parentPort;
const data = workerData as SandboxData;
const TOO_SLOW = Symbol("too slow");
const PAYLOAD = HOOK_FUNCTIONS.indexOf("payload");

let hooks: readonly (Hook | null)[] = [];
let answers: HookAnswer[] = [];

function report(message: SandboxReport): void {
  port.postMessage(message);
}

function answer(one: HookAnswer): void {
  if (answers.length === 0) setImmediate(flush);
  answers.push(one);
}

function flush(): void {
  report({ type: "answers", answers });
  answers = [];
}

/** What it returned, or TOO_SLOW; the limit is that of a call that waits for something. */
function within(returned: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const cancel = systemTimers.after(Math.ceil(data.timeoutUs / 1000), () => resolve(TOO_SLOW));
    Promise.resolve(returned).then(
      (value) => {
        cancel();
        resolve(value);
      },
      (error: unknown) => {
        cancel();
        reject(error);
      },
    );
  });
}

async function call({ id, hook, conn, name, message }: HookCall): Promise<void> {
  const startedUs = monotonicUs();
  let value: HookValue = null;
  let problem = "";
  let isSlow = false;
  try {
    const called = hooks[hook];
    assert(called, "hooks: a function that the module has not");
    const returned = await within(called(conn, name ?? message));
    // A function that keeps the thread is over its limit before any timer can say so.
    isSlow = returned === TOO_SLOW || monotonicUs() - startedUs > data.timeoutUs;
    if (!isSlow) value = hook === PAYLOAD ? payloadOf(returned) : valuesOf(returned);
  } catch (error) {
    problem = problemOf(error);
  }
  answer({ id, tookUs: monotonicUs() - startedUs, value, problem, isSlow });
}

port.on("message", (one: HookCall) => void call(one));

try {
  const exported = await loadModule(data);
  hooks = HOOK_FUNCTIONS.map((name) => exported.get(name) ?? null);
  report({ type: "ready", hooks: [...exported.keys()] });
} catch (error) {
  report({ type: "failed", problem: problemOf(error) });
}
