/** What becomes a record of the pending table. Filled by the correlator. */

/** What add() puts into a record; one object, filled before each call. */
export class PendingEntry {
  definition = 0;
  seq = 0;
  /** Connection slot, for time-outs. */
  slot = 0;
  phase = 0;
  /** Payload bytes, and a hash of them or the payload variant: whatever the matcher needs. */
  size = 0;
  hash = 0;
  intendedUs = 0;
  sentUs = 0;
  /** How many it waits for. */
  replies = 1;
}

/** What an expression needs of a message: its key, which is the first bytes of these, or without one itself. */
export interface Remembered {
  readonly key: { readonly bytes: Uint8Array; readonly length: number };
  readonly sent: unknown;
}
