/**
 * Takes frames out of the run's log: reads, journals, acknowledges. Used by everything that needs the newest results.
 * Invariant: a frame is acknowledged only after it is on disk, and the dictionary it names lies there before it; whatever the
 * bus forgets and workers send again, the fold takes each frame once.
 */
import type { FrameEntry, SessionRecord } from "../../shared/bus/bus.ts";
import {
  COUNTER_LISTS,
  type CounterLists,
  checksumOf,
} from "../../shared/wire/frame/counter-lists.ts";
import { dictionaryOf } from "../../shared/wire/frame/frame-codec.ts";
import { FrameDictionary, OWN_DICTIONARY } from "../../shared/wire/frame/frame-dictionary.ts";
import { PENDING_BYTES_BOUND } from "../store/journal.ts";
import type { ActiveRun } from "./active-run.ts";

const FRAMES_PER_READ = 256;
/** Whoever writes more than workers could must not keep the run from everything else. */
const MOST_READINGS = 256;
/** Epochs that are remembered, so that they are not asked after at every frame. */
const MAX_MISSING = 64;
/** Names in a note. */
const MAX_NAMES = 10;

export class FrameIngest {
  readonly #run: ActiveRun;
  #cursor = "";
  #acknowledged = "";
  /** Epochs whose frames name a dictionary that nobody has announced. */
  readonly #missing = new Set<number>();
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
        if (entry.refused === null) {
          await this.#introduce(entry);
          log.frame(entry);
        }
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

  /** Before the first frame that names a dictionary, the journal has it. @throws what the bus throws */
  async #introduce({ id, body }: FrameEntry): Promise<void> {
    const { log } = this.#run;
    const { dictionaries } = log.fold.merge;
    const checksum = dictionaryOf(body);
    if (checksum === null || dictionaries.has(checksum) || this.#missing.has(id.epoch)) return;
    const counters = await this.#announced(id.epoch, checksum);
    if (counters === null || dictionaries.full) {
      // Its frames are refused one by one, and say so.
      if (this.#missing.size < MAX_MISSING) this.#missing.add(id.epoch);
      return;
    }
    log.event({ type: "counters", counters });
    this.#note(id.epoch, new FrameDictionary(counters));
  }

  /** The lists of that checksum: this build's, or what the worker said when it opened its session. */
  async #announced(epoch: number, checksum: number): Promise<CounterLists | null> {
    if (checksum === OWN_DICTIONARY.checksum) return COUNTER_LISTS;
    const { bus, request } = this.#run;
    const isIts = (session: SessionRecord) => session.epoch === epoch;
    const session = request.fleet.sessions.find(isIts) ?? (await bus.listSessions()).find(isIts);
    const counters = session?.info.counters;
    return counters !== undefined && checksumOf(counters) === checksum ? counters : null;
  }

  #note(epoch: number, { unknown, lacking }: FrameDictionary): void {
    if (unknown.length === 0 && lacking.length === 0) return;
    const worker = this.#run.log.fold.merge.worker(epoch).id;
    const lists = [
      ...(unknown.length > 0
        ? [`counts what this coordinator does not know (${some(unknown)})`]
        : []),
      ...(lacking.length > 0 ? [`does not count ${some(lacking)}`] : []),
    ];
    this.#run.note(`Worker ${worker} is of another version of Onrush: it ${lists.join(" and ")}.`);
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

function some(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMES).join(", ");
  return names.length > MAX_NAMES ? `${shown} and ${names.length - MAX_NAMES} more` : shown;
}
