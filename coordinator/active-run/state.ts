/**
 * The run's state machine. Held by active-run.ts; every move is an event in the journal and a new run
 * document on the bus. Invariant: only the moves of the table exist; any other is a bug.
 *
 *   created -> offered -> ready -> running -> draining -> merging -> done | failed | aborted
 *      |          |         |         |                      ^
 *      +----------+---------+---------+---- cut short -------+
 */
import { assert } from "../../shared/assert.ts";
import type { RunState } from "../../shared/wire/command.ts";

const MOVES: Readonly<Record<RunState, readonly RunState[]>> = {
  /** Plan made, directory open; nothing on the bus. */
  created: ["offered", "merging"],
  /** Plan and tickets on the bus. */
  offered: ["ready", "merging"],
  /** All shards held, all holders prepared. */
  ready: ["running", "merging"],
  /** Run time goes on. */
  running: ["draining", "merging"],
  /** The plan is over, or its end was asked for: replies and closes may still come. */
  draining: ["merging"],
  /** All results that will come are in. */
  merging: ["done", "failed", "aborted"],
  done: [],
  /** Could not be started or finished. */
  failed: [],
  /** Cut at once by a person or the API. */
  aborted: [],
};

/** @returns `to`. @throws InvariantError when the move does not exist. */
export function transition(from: RunState, to: RunState): RunState {
  assert(MOVES[from].includes(to), `run state: ${from} -> ${to}`);
  return to;
}
