/** How often the control thread does what, and how long it waits. Used by everything in this folder. */
export interface ControlTimings {
  /** Between renewals of the session. */
  readonly renewMs: number;
  /** The lease ends this long after the sending of the last renewal that was answered. */
  readonly fenceAfterMs: number;
  /** Between readings of the run document, beside those on hints. */
  readonly documentPollMs: number;
  /** Between measurements of the clock offset. */
  readonly clockProbeMs: number;
  readonly takeTicketMs: number;
  /** After a stumble of the bus, or a ticket left to others. */
  readonly pauseMs: number;
  /** How much longer than planned an engine may take to end: after a stop or the plan's end, after an abort. */
  readonly endGraceMs: number;
  readonly abortGraceMs: number;
  /** How long a leaving worker waits for others to take over what it holds. */
  readonly leaveMs: number;
  /** How long a leaving worker waits for the coordinator to have its last frames. */
  readonly flushMs: number;
  /** How long one that has lost its lease tries to deliver what it still has. */
  readonly lateFlushMs: number;
}

export const CONTROL_TIMINGS: ControlTimings = {
  renewMs: 1000,
  fenceAfterMs: 20_000,
  documentPollMs: 2000,
  clockProbeMs: 30_000,
  takeTicketMs: 2000,
  pauseMs: 500,
  endGraceMs: 15_000,
  abortGraceMs: 5000,
  leaveMs: 90_000,
  flushMs: 15_000,
  lateFlushMs: 10_000,
};
