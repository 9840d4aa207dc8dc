/**
 * The state of a worker for probes and monitoring: what its control thread knows, and whether it can take work.
 * Made by control/control.ts, told by health-server.ts.
 * Invariant: nothing of a run's content is in it, no names and no addresses, so anybody on the network may read it.
 */
export interface WorkerState {
  readonly engines: number;
  /** Connections it may hold. */
  readonly capacity: number;
  /** Of its session at the bus; null: it has none. */
  readonly epoch: number | null;
  /** Milliseconds since it sent the last renewal that the bus answered; null without a session. */
  readonly silentMs: number | null;
  /** It was asked to leave. */
  readonly draining: boolean;
  readonly slicesHeld: number;
  readonly connectionsOpen: number;
}

/** It renews each second and waits up to two for an answer: longer than this, more than one was missed. */
const SILENT_MS = 5000;

export function busAnswers({ silentMs }: WorkerState): boolean {
  return silentMs !== null && silentMs < SILENT_MS;
}

/** Why it takes no work; null: it would. */
export function whyNotReady(state: WorkerState): string | null {
  if (state.draining) return "draining: it takes nothing more";
  if (state.silentMs === null) return "not joined: it has no session at the bus";
  if (busAnswers(state)) return null;
  return `the bus has not answered for ${Math.floor(state.silentMs / 1000)} s`;
}

/** Of one that waits for the bus. */
export function notJoined({
  engines,
  capacity,
}: Pick<WorkerState, "engines" | "capacity">): WorkerState {
  return {
    ...{ engines, capacity, epoch: null, silentMs: null, draining: false },
    ...{ slicesHeld: 0, connectionsOpen: 0 },
  };
}
