/**
 * The placement document: which worker may hold how many lanes of which run. A worker serves one run at a time and
 * takes tickets only while it holds fewer lanes than its quota, so a ticket never waits at a worker that cannot use it.
 * Direction: coordinator -> worker. Written by the coordinator that has the lead; read on every "tickets-offered"
 * hint and every two seconds.
 */
export interface Placement {
  readonly quotas: readonly Quota[];
}

export interface Quota {
  readonly run: string;
  readonly epoch: number;
  /** Lanes the worker may hold of this run, those it holds included. */
  readonly lanes: number;
}
