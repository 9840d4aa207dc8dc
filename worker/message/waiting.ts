/** What a connection waits for, as faults have to know of it. Called by worker/engine for worker/faults. */
import type { Conversation } from "./conversation.ts";
import { NONE, type PendingTable } from "./pending-table.ts";

/** When the oldest message was sent that the connection has no reply to, be it too late; Infinity when there is none. */
export function waitsSinceUs(table: PendingTable, { pendingHead }: Conversation): number {
  return pendingHead === NONE ? Number.POSITIVE_INFINITY : table.sentUsOf(pendingHead);
}

/** What the connection waits for is counted under other phases from now on, `by` so many after its own. */
export function shiftPending(table: PendingTable, conversation: Conversation, by: number): void {
  for (let record = conversation.pendingHead; record !== NONE; record = table.nextOf(record)) {
    const phase = table.phaseOf(record);
    // What another fault left waiting is there already.
    if (phase < by) table.moveTo(record, phase + by);
  }
}
