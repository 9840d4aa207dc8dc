/**
 * What can be wrong with a sequence, and which of it is. Used by sequences.ts. Pure. Invariant: a sequence that fails does so
 * for exactly one of these, the first that is certain.
 */
import { NAME } from "../record/recorder.ts";
import type { SequenceDefinition } from "./definition.ts";
import { type InstanceTable, NONE } from "./instance-table.ts";

export const Violation = {
  missing: NAME.missing,
  neverStarted: NAME.neverStarted,
  unexpected: NAME.unexpected,
  outOfOrder: NAME.outOfOrder,
  repeated: NAME.repeated,
  tooLate: NAME.tooLate,
  cut: NAME.cut,
  afterEnd: NAME.afterEnd,
  orphan: NAME.orphan,
} as const;

const WORDS: Readonly<Record<keyof typeof Violation, string>> = {
  missing: "missing",
  neverStarted: "no event came",
  unexpected: "unexpected event",
  outOfOrder: "out of order",
  repeated: "repeated",
  tooLate: "too late",
  cut: "connection ended before",
  afterEnd: "after the end",
  orphan: "unknown key",
};

/** How a violation is called in reports; made for all at once, so that no text is made for each message. */
export class ViolationLabels {
  readonly #plain = new Map<number, string>();
  readonly #ofEvent = new Map<number, readonly string[]>();

  constructor({ name, events }: SequenceDefinition) {
    for (const kind of Object.keys(Violation) as (keyof typeof Violation)[]) {
      const words = `${name}: ${WORDS[kind]}`;
      this.#plain.set(Violation[kind], words);
      this.#ofEvent.set(
        Violation[kind],
        events.map((event) => `${words} ${event}`),
      );
    }
  }

  /** @param event NONE: of none that the sequence has */
  of(violation: number, event: number): string {
    const named = event === NONE ? undefined : this.#ofEvent.get(violation)?.[event];
    return named ?? this.#plain.get(violation) ?? "";
  }
}

/** The first event that has not come as often as it must; NONE when all have. */
export function missingEvent(
  { events, least }: SequenceDefinition,
  table: InstanceTable,
  record: number,
): number {
  for (let event = 0; event < events.length; event++) {
    if (table.countOf(record, event) < (least[event] as number)) return event;
  }
  return NONE;
}
