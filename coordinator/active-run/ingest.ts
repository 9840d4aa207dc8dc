/**
 * Takes frames out of the run's log: reads, journals, acknowledges. Used by everything that needs the newest results.
 * Invariant: a frame is acknowledged only after it is on disk; whatever the bus forgets and workers send again, the fold
 * takes each frame once.
 */
import { PENDING_BYTES_BOUND } from "../store/journal.ts";
import type { ActiveRun } from "./active-run.ts";

const FRAMES_PER_READ = 256;
/** Whoever writes more than workers could must not keep the run from everything else. */
const MOST_READINGS = 256;

export class FrameIntake {
  readonly #run: ActiveRun;
  #cursor = "";
  #acknowledged = "";
  /** The store's life the cursor is of. */
  #generation: string;

  constructor(run: ActiveRun) {
    this.#run = run;
    this.#generation = run.request.fleet.generation;
  }

  /** Reads everything the log holds beyond what was read. @throws what the bus throws */
  async readAll(): Promise<void> {
    const { bus, id, log } = this.#run;
    this.#heedForgetting();
    for (let reading = 0; reading < MOST_READINGS; reading++) {
      const entries = await bus.readFrames(id, this.#cursor, FRAMES_PER_READ);
      for (const entry of entries) {
        // One that no worker has signed is passed over, and reported by the bus.
        if (entry.refused === null) log.frame(entry);
        this.#cursor = entry.cursor;
      }
      if (log.pendingBytes > PENDING_BYTES_BOUND) await this.keep();
      if (entries.length === 0) return;
    }
  }

  /** Makes everything read so far durable, then lets workers forget it. @throws what the bus and the disk throw */
  async keep(): Promise<void> {
    const { bus, id, log } = this.#run;
    const cursor = this.#cursor;
    await log.sync();
    if (cursor === this.#acknowledged) return;
    await bus.acknowledgeFrames(id, cursor);
    this.#acknowledged = cursor;
    await bus.hint("frames-acknowledged", id);
  }

  /** A log that was forgotten is read from its new start. */
  #heedForgetting(): void {
    const { generation } = this.#run.request.fleet;
    if (generation === this.#generation) return;
    this.#generation = generation;
    this.#cursor = "";
    this.#acknowledged = "";
  }
}
