/**
 * How far each sequence is, and what became of it. Called by sequences.ts with what came, and when time is over. Invariant: every
 * record is completed, failed for one reason, or unjudged, once; all is counted in the phase of the message that began it, but
 * for events after its end, which are counted in the one in which they came.
 */
import { type Conversation, FailedMessage } from "../message/conversation.ts";
import type { ReceivedMessage } from "../message/received-message.ts";
import { METRIC, NAME, type Recorder } from "../record/recorder.ts";
import type { SequenceDefinition } from "./definition.ts";
import { EventLog, UNKNOWN } from "./event-log.ts";
import { type InstanceTable, NONE } from "./instance-table.ts";
import { Status } from "./status.ts";
import { missingEvent, Violation, ViolationLabels } from "./violation.ts";

/** An event, as the sequence sees it that it belongs to. */
export interface CameEvent {
  /** Its number, or UNKNOWN. */
  readonly event: number;
  readonly name: string;
  readonly message: ReceivedMessage;
}

export interface Told {
  /** Which sequence it is about. */
  readonly definition: SequenceDefinition;
  readonly label: string;
  readonly phase: number;
  readonly detail: string;
}

/** Why a sequence fails. */
interface Reason {
  readonly violation: number;
  /** The event it is about; NONE: none that the sequence has. */
  readonly event: number;
  /** When it was given up, since its intended time; null: at its last event. */
  readonly endUs: number | null;
}

export class Progress {
  readonly #table: InstanceTable;
  readonly #definitions: readonly SequenceDefinition[];
  readonly #labels: readonly ViolationLabels[];
  readonly #recorder: Recorder;
  readonly #log = new EventLog();
  readonly #failure = new FailedMessage();

  constructor(
    table: InstanceTable,
    definitions: readonly SequenceDefinition[],
    recorder: Recorder,
  ) {
    this.#table = table;
    this.#definitions = definitions;
    this.#labels = definitions.map((definition) => new ViolationLabels(definition));
    this.#recorder = recorder;
    this.#failure.kind = "sequence";
  }

  /** A message was sent. */
  begin(conversation: Conversation, record: number): void {
    const { position, accepts } = this.#definitionOf(record);
    this.#recorder.countName(this.#table.phase(record), position, NAME.started);
    this.#log.begin(record);
    this.#hold(conversation, record, accepts[0] !== 1);
  }

  /** An event of the sequence came. */
  take(conversation: Conversation, record: number, came: CameEvent): void {
    const { event, name, message } = came;
    const table = this.#table;
    const isLate = this.#isLate(record, message.judgedUs);
    if (isLate) this.#completeWhenPossible(conversation, record);
    const offsetUs = message.nowUs - table.intendedUs(record);
    if (table.isOver(record)) {
      // What comes after a failure says nothing new.
      if (table.status(record) === Status.completed) this.#afterEnd(conversation, record, came);
      return;
    }
    this.#log.add(record, event, offsetUs, name);
    if (event === UNKNOWN) {
      this.#fail(conversation, record, { violation: Violation.unexpected, event, endUs: null });
      return;
    }
    const isTooOften =
      table.count(record, event) > (this.#definitionOf(record).most[event] as number);
    if (table.status(record) === Status.open) {
      if (this.#step(conversation, record, came)) return;
      table.breakAt(record, event);
    }
    this.#judgeBroken(conversation, record, isTooOften ? event : NONE, isLate);
  }

  /** Its time is over. What still comes makes it late. */
  overdue(conversation: Conversation, record: number): void {
    this.#table.overdue(record);
    this.#completeWhenPossible(conversation, record);
    this.#hold(conversation, record, false);
  }

  /** Nothing more is waited for: something is missing. */
  giveUp(conversation: Conversation, record: number, nowUs: number): void {
    const table = this.#table;
    const definition = this.#definitionOf(record);
    const state = table.state(record);
    const endUs = nowUs - table.intendedUs(record);
    if (table.status(record) === Status.broken) {
      const event = missingEvent(definition, table, record);
      this.#fail(conversation, record, { violation: Violation.missing, event, endUs });
    } else if (state === 0) {
      this.#fail(conversation, record, { violation: Violation.neverStarted, event: NONE, endUs });
    } else {
      const event = definition.wants[state] as number;
      this.#fail(conversation, record, { violation: Violation.missing, event, endUs });
    }
  }

  /** Its connection is over. @param cutByUs by us, before its time */
  cutOff(conversation: Conversation, record: number, nowUs: number, cutByUs: boolean): void {
    const table = this.#table;
    const { position, wants } = this.#definitionOf(record);
    const isBroken = table.status(record) === Status.broken;
    const state = table.state(record);
    const endUs = nowUs - table.intendedUs(record);
    this.#completeWhenPossible(conversation, record);
    if (table.isOver(record)) return;
    if (this.#isLate(record, nowUs)) this.giveUp(conversation, record, nowUs);
    else if (isBroken) {
      this.#fail(conversation, record, { violation: Violation.outOfOrder, event: state, endUs });
    } else if (cutByUs) {
      this.#recorder.countName(table.phase(record), position, NAME.abandoned);
    } else {
      const event = wants[state] as number;
      this.#fail(conversation, record, { violation: Violation.cut, event, endUs });
    }
  }

  /** Says what went wrong, apart from the counters. */
  tell(conversation: Conversation, told: Told): void {
    const failure = this.#failure;
    failure.name = told.definition.position;
    failure.label = told.label;
    failure.detail = told.detail;
    failure.phase = told.phase;
    conversation.onMessageFailure(failure);
  }

  /** @param event NONE: of none that the sequence has */
  labelOf(definition: number, violation: number, event: number): string {
    return this.#labels[definition]?.of(violation, event) ?? "";
  }

  /** @returns false when the event may not come now */
  #step(conversation: Conversation, record: number, { event, message }: CameEvent): boolean {
    const table = this.#table;
    const definition = this.#definitionOf(record);
    const state = table.state(record);
    const to = definition.next[state * definition.events.length + event] as number;
    if (to === NONE) return false;
    const { nowUs, judgedUs } = message;
    const isFirst = state === 0;
    const sinceUs = isFirst ? table.intendedUs(record) : table.lastUs(record);
    const position = definition.eventPositions[event] as number;
    this.#recorder.namedValue(METRIC.event, table.phase(record), position, nowUs - sinceUs);
    const isGap = !isFirst && judgedUs - table.lastUs(record) > definition.gapUs;
    table.advance(record, to, nowUs);
    if (isGap || this.#isLate(record, judgedUs)) {
      this.#fail(conversation, record, { violation: Violation.tooLate, event, endUs: null });
    } else if (definition.ends[to] === 1) this.#complete(conversation, record);
    else this.#hold(conversation, record, definition.accepts[to] !== 1);
    return true;
  }

  /** @param repeated an event that came too often, or NONE */
  #judgeBroken(
    conversation: Conversation,
    record: number,
    repeated: number,
    isLate: boolean,
  ): void {
    const table = this.#table;
    const event = table.state(record);
    if (repeated !== NONE) {
      const why = { violation: Violation.repeated, event: repeated, endUs: null };
      this.#fail(conversation, record, why);
    } else if (missingEvent(this.#definitionOf(record), table, record) === NONE) {
      // All have come that had to, so it is their order that was wrong.
      const violation = isLate ? Violation.tooLate : Violation.outOfOrder;
      this.#fail(conversation, record, { violation, event, endUs: null });
    }
  }

  /** Nothing more had to come. */
  #completeWhenPossible(conversation: Conversation, record: number): void {
    const table = this.#table;
    if (table.status(record) !== Status.open) return;
    const { accepts } = this.#definitionOf(record);
    if (accepts[table.state(record)] === 1) this.#complete(conversation, record);
  }

  #complete(conversation: Conversation, record: number): void {
    const table = this.#table;
    const { position } = this.#definitionOf(record);
    const phase = table.phase(record);
    table.setStatus(record, Status.completed);
    this.#recorder.countName(phase, position, NAME.completed);
    // Of one that may have no event at all there is no time.
    if (table.state(record) !== 0) {
      const tookUs = table.lastUs(record) - table.intendedUs(record);
      this.#recorder.namedValue(METRIC.sequence, phase, position, tookUs);
    }
    this.#hold(conversation, record, false);
  }

  #fail(conversation: Conversation, record: number, { violation, event, endUs }: Reason): void {
    const table = this.#table;
    const definition = this.#definitionOf(record);
    const phase = table.phase(record);
    table.setStatus(record, Status.failed);
    this.#recorder.countName(phase, definition.position, NAME.failed);
    this.#recorder.countName(phase, definition.position, violation);
    const label = this.labelOf(table.definition(record), violation, event);
    const detail = this.#log.describe(record, definition.events, endUs);
    this.tell(conversation, { definition, label, phase, detail });
    this.#hold(conversation, record, false);
  }

  #afterEnd(conversation: Conversation, record: number, came: CameEvent): void {
    const table = this.#table;
    const { event, name, message } = came;
    const definition = this.#definitionOf(record);
    const { phase } = message;
    this.#recorder.countName(phase, definition.position, Violation.afterEnd);
    this.#log.add(record, event, message.nowUs - table.intendedUs(record), name);
    const label = this.labelOf(table.definition(record), Violation.afterEnd, event);
    const detail = this.#log.describe(record, definition.events, null);
    this.tell(conversation, { definition, label, phase, detail });
  }

  /** Its connection does or does not wait for it before a planned close. Called last, for it may have the connection close. */
  #hold(conversation: Conversation, record: number, holds: boolean): void {
    const table = this.#table;
    if (table.holds(record) === holds) return;
    table.setHolds(record, holds);
    const { slot } = conversation;
    if (table.isClosing(slot) && table.holding(slot) === 0) conversation.onStepsDone();
  }

  #isLate(record: number, atUs: number): boolean {
    const table = this.#table;
    return atUs >= table.sentUs(record) + this.#definitionOf(record).withinUs;
  }

  #definitionOf(record: number): SequenceDefinition {
    return this.#definitions[this.#table.definition(record)] as SequenceDefinition;
  }
}
