/** A thread that does nothing at all until a time, as if its process were stopped. Called by the threads of a worker when a fault asks for it, and by the bundled target. */
import { monotonicUs } from "./clock.ts";

/** Returns then. @param untilUs monotonic */
export function standStill(untilUs: number): void {
  const never = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const leftMs = (untilUs - monotonicUs()) / 1000;
  if (leftMs > 0) Atomics.wait(never, 0, 0, leftMs);
}
