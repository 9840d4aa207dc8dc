/**
 * The observer that follows the sequences of a connection's messages. Listed in worker/observe/registry.ts, last, after all that
 * may know whose a message is. Invariants: every sequence that is followed ends as exactly one of completed, failed and
 * unjudged; an event moves one sequence by one step at most.
 *
 * A sequence whose time is over is followed for as long again, LATE_US at most: an event that comes then makes it late, and one
 * that does not come is missing. One that is over is known for the same time, so that what comes after its end is seen.
 * Bounds: see instance-table.ts; a message whose sequence there is no room for is counted as unfollowed.
 */
import type { CompiledReading } from "../../shared/scenario/expression/message-expression.ts";
import { namesOf } from "../../shared/scenario/names.ts";
import { type Conversation, FailedMessage } from "../message/conversation.ts";
import { NONE as NO_NAME } from "../message/pending-table.ts";
import type { ReceivedMessage } from "../message/received-message.ts";
import {
  type MakeObserver,
  type MessageObserver,
  Seen,
  type SentMessage,
  type SentTimes,
} from "../observe/observer.ts";
import { NAME, type Recorder } from "../record/recorder.ts";
import { definitionsOf, type SequenceDefinition, type SequenceDefinitions } from "./definition.ts";
import { UNKNOWN } from "./event-log.ts";
import { InstanceSearch } from "./instance-search.ts";
import { InstanceTable, MAX_OF_CONNECTION, NONE } from "./instance-table.ts";
import { Progress } from "./progress.ts";
import { Violation } from "./violation.ts";

const LATE_US = 60_000_000;
/** How many of the oldest are looked at for one that is over, when there is no room. */
const MAX_FORGET_TRIED = 64;
const MAX_SAMPLE_BYTES = 500;
const NO_EVENT_NAME = "(no name)";

export const sequences: MakeObserver = ({ scenario, recorder }) => {
  const definitions = definitionsOf(scenario, namesOf(scenario).length);
  return definitions === null ? null : new Sequences(definitions, recorder);
};

class Sequences implements MessageObserver {
  readonly #definitions: readonly SequenceDefinition[];
  readonly #byMessage: Int32Array;
  readonly #readings: readonly CompiledReading[];
  /** What they give for the message that is looked at. */
  readonly #names: (string | null | undefined)[];
  readonly #recorder: Recorder;
  readonly #table: InstanceTable;
  readonly #search: InstanceSearch;
  readonly #progress: Progress;
  readonly #came = { event: UNKNOWN as number, name: "", message: null as ReceivedMessage | null };
  readonly #cost = new FailedMessage();

  constructor({ all, readings, byMessage }: SequenceDefinitions, recorder: Recorder) {
    this.#definitions = all;
    this.#byMessage = byMessage;
    this.#readings = readings;
    this.#names = readings.map(() => undefined);
    this.#recorder = recorder;
    const most = Math.max(...all.map(({ events }) => events.length));
    this.#table = new InstanceTable(all.length, most);
    this.#search = new InstanceSearch(this.#table, all);
    this.#progress = new Progress(this.#table, all, recorder);
    this.#cost.kind = "scenario-cost";
  }

  sent(conversation: Conversation, position: number, message: SentMessage, times: SentTimes): void {
    const at = this.#byMessage[position] as number;
    if (at === NONE) return;
    if (!this.#hasRoom(conversation.slot)) {
      this.#tellUnfollowed(conversation, at, times.phase);
      return;
    }
    const { entry } = this.#table;
    entry.definition = at;
    entry.slot = conversation.slot;
    entry.phase = times.phase;
    entry.intendedUs = times.intendedUs;
    entry.sentUs = times.nowUs;
    const record = this.#table.add();
    this.#search.add(record, message.sentNow());
    this.#progress.begin(conversation, record);
  }

  observe(
    conversation: Conversation,
    message: ReceivedMessage,
    isReply: boolean,
    seen: Seen,
  ): Seen {
    this.#names.fill(undefined);
    const isTaken = isReply || seen === Seen.yes;
    const wasCostly = message.costly !== NO_NAME;
    let found: Seen = Seen.no;
    for (let at = 0; at < this.#definitions.length && found === Seen.no; at++) {
      found = this.#look(conversation, at, message, isTaken);
    }
    if (message.costly !== NO_NAME && !wasCostly) this.#tellCost(conversation, message);
    if (found === Seen.no && !isTaken) this.#lookForOrphan(conversation, message);
    return found;
  }

  ended(conversation: Conversation, nowUs: number, cutByUs: boolean): void {
    const table = this.#table;
    table.setClosing(conversation.slot, false);
    for (let record = table.head(conversation.slot); record !== NONE; ) {
      const next = table.next(record);
      if (!table.isOver(record)) this.#progress.cutOff(conversation, record, nowUs, cutByUs);
      this.#forget(record);
      record = next;
    }
  }

  disturbed({ slot }: Conversation, by: number): void {
    const table = this.#table;
    for (let record = table.head(slot); record !== NONE; record = table.next(record)) {
      if (table.phase(record) < by) table.moveTo(record, table.phase(record) + by);
    }
  }

  closing({ slot }: Conversation): boolean {
    const waits = this.#table.holding(slot) > 0;
    this.#table.setClosing(slot, waits);
    return waits;
  }

  expire(nowUs: number, ownerOf: (slot: number) => Conversation): void {
    const table = this.#table;
    for (let at = 0; at < this.#definitions.length; at++) {
      const { withinUs } = this.#definitions[at] as SequenceDefinition;
      for (;;) {
        const record = table.inTime(at);
        if (record === NONE || table.sentUs(record) + withinUs > nowUs) break;
        this.#progress.overdue(ownerOf(table.slot(record)), record);
      }
      const keptUs = keptFor(withinUs);
      for (;;) {
        const record = table.oldest(at);
        if (record === NONE || table.sentUs(record) + keptUs > nowUs) break;
        if (!table.isOver(record)) {
          this.#progress.giveUp(ownerOf(table.slot(record)), record, nowUs);
        }
        this.#forget(record);
      }
    }
  }

  get nextDueUs(): number {
    const table = this.#table;
    let nextUs = Number.POSITIVE_INFINITY;
    for (let at = 0; at < this.#definitions.length; at++) {
      const { withinUs } = this.#definitions[at] as SequenceDefinition;
      const inTime = table.inTime(at);
      const oldest = table.oldest(at);
      if (inTime !== NONE) nextUs = Math.min(nextUs, table.sentUs(inTime) + withinUs);
      if (oldest !== NONE) nextUs = Math.min(nextUs, table.sentUs(oldest) + keptFor(withinUs));
    }
    return nextUs;
  }

  /** When the message is an event of a sequence of this definition, it is taken. */
  #look(conversation: Conversation, at: number, message: ReceivedMessage, isTaken: boolean): Seen {
    const record = this.#search.find(conversation, at, message);
    if (record === NONE) return Seen.no;
    const definition = this.#definitions[at] as SequenceDefinition;
    const name = this.#nameOf(definition, message);
    const event = name === null ? UNKNOWN : (definition.numbers.get(name) ?? UNKNOWN);
    // An acknowledgement repeats the key, too.
    if (event === UNKNOWN && isTaken) return Seen.no;
    if (event !== UNKNOWN) {
      const position = definition.eventPositions[event] as number;
      this.#recorder.countName(message.phase, position, NAME.arrived);
    }
    const came = this.#came;
    came.event = event;
    came.name = name ?? NO_EVENT_NAME;
    came.message = message;
    this.#progress.take(conversation, record, came as typeof came & { message: ReceivedMessage });
    came.message = null;
    return Seen.yes;
  }

  /** An event by its name, with the key of nothing that was sent. */
  #lookForOrphan(conversation: Conversation, message: ReceivedMessage): void {
    for (let at = 0; at < this.#definitions.length; at++) {
      const definition = this.#definitions[at] as SequenceDefinition;
      const event = definition.numbers.get(this.#nameOf(definition, message) ?? "");
      if (event === undefined) continue;
      const { phase } = message;
      this.#recorder.countName(phase, definition.position, Violation.orphan);
      const label = this.#progress.labelOf(at, Violation.orphan, event);
      const detail = message.bytes().subarray(0, MAX_SAMPLE_BYTES).toString();
      this.#progress.tell(conversation, { definition, label, phase, detail });
      return;
    }
  }

  #hasRoom(slot: number): boolean {
    const table = this.#table;
    if (!table.isFull && table.size(slot) < MAX_OF_CONNECTION) return true;
    let record = table.head(slot);
    for (let tried = 0; record !== NONE && tried < MAX_FORGET_TRIED; tried++) {
      if (table.isOver(record)) {
        this.#forget(record);
        return true;
      }
      record = table.next(record);
    }
    return false;
  }

  #forget(record: number): void {
    this.#search.remove(record);
    this.#table.remove(record);
  }

  /** null: the message has none. */
  #nameOf({ reading }: SequenceDefinition, message: ReceivedMessage): string | null {
    const known = this.#names[reading];
    if (known !== undefined) return known;
    const value = this.#readings[reading]?.read(message.m, null, message);
    const isName = typeof value === "string" || typeof value === "number";
    const name = isName ? String(value) : null;
    this.#names[reading] = name;
    return name;
  }

  #tellUnfollowed(conversation: Conversation, at: number, phase: number): void {
    const definition = this.#definitions[at] as SequenceDefinition;
    this.#recorder.countName(phase, definition.position, NAME.unfollowed);
    const label = `${definition.name}: not followed, too many at once`;
    this.#progress.tell(conversation, { definition, label, phase, detail: "" });
  }

  #tellCost(conversation: Conversation, { costly, phase }: ReceivedMessage): void {
    this.#cost.name = costly;
    this.#cost.phase = phase;
    conversation.onMessageFailure(this.#cost);
  }
}

/** How long after it was sent a sequence is known. */
function keptFor(withinUs: number): number {
  return withinUs + Math.min(withinUs, LATE_US);
}
