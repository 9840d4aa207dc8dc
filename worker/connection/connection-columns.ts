/**
 * Times of all connections of an engine, as columns: microseconds of run time, indexed by slot. Doubles as
 * object fields would each be a heap object of their own. Invariant: all columns have the same length.
 */

export interface ConnectionColumns {
  /** When the plan closes the connection. */
  readonly closeUs: Float64Array;
  /** When the running or next attempt was intended. */
  readonly intendedOpenUs: Float64Array;
  /** When the running stage of the attempt began. */
  readonly stageUs: Float64Array;
  readonly establishedUs: Float64Array;
  /** Intended time of the next message. */
  readonly nextSendUs: Float64Array;
  /** Messages intended before this were held by back-pressure. */
  readonly heldUntilUs: Float64Array;
  /** When the unanswered ping was sent; 0 for none. */
  readonly pingSentUs: Float64Array;
}

/** Columns of `size` entries; the first ones taken from `from`. */
export function makeColumns(size: number, from?: ConnectionColumns): ConnectionColumns {
  const column = (old?: Float64Array) => {
    const made = new Float64Array(size);
    if (old) made.set(old);
    return made;
  };
  return {
    closeUs: column(from?.closeUs),
    intendedOpenUs: column(from?.intendedOpenUs),
    stageUs: column(from?.stageUs),
    establishedUs: column(from?.establishedUs),
    nextSendUs: column(from?.nextSendUs),
    heldUntilUs: column(from?.heldUntilUs),
    pingSentUs: column(from?.pingSentUs),
  };
}
