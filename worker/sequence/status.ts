/** What became of a sequence so far. Kept by instance-table.ts, decided by progress.ts. */
export const Status = {
  /** As it should be. */
  open: 0,
  /** An event came that may not come now: what is wrong with it is known when more has come. */
  broken: 1,
  completed: 2,
  failed: 3,
} as const;
export type Status = (typeof Status)[keyof typeof Status];
