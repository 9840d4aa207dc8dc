/**
 * The states of a connection and the moves between them. Used by connection.ts, which makes every move through
 * one transition(). Invariant: a move that is not in the table is a bug.
 *
 *   state       | event                      | next        | counted
 *   ------------+----------------------------+-------------+------------------------------
 *   waiting     | its time has come          | connecting  | attempted
 *   connecting  | 101                        | open        | established
 *   connecting  | failure, time-out          | waiting/gone| failed
 *   open        | plan's close, stop         | draining    |
 *   open        | the target's Close         | leaving     |
 *   open        | a step failed: our Close   | leaving     |
 *   leaving     | transport over, time-out   | waiting/gone| closed
 *   open        | peer, transport, heartbeat | waiting/gone| closed
 *   draining    | nothing unanswered, Close  | closing     | (after the flow's last steps)
 *   draining    | peer, transport            | ended       | closed
 *   closing     | handshake over, time-out   | ended       | closed
 *   waiting/gone| plan's close, stop         | ended       |
 *   any         | abort                      | ended       | failed or closed
 *
 * gone: no attempts left; the connection only counts the messages it cannot send any more.
 */
import { assert } from "../../shared/assert.ts";

export const State = {
  waiting: 0,
  connecting: 1,
  open: 2,
  draining: 3,
  closing: 4,
  gone: 5,
  ended: 6,
  leaving: 7,
} as const;
export type State = (typeof State)[keyof typeof State];

const MOVES: readonly (readonly State[])[] = [
  [State.connecting, State.ended],
  [State.open, State.waiting, State.gone, State.ended],
  [State.draining, State.leaving, State.waiting, State.gone, State.ended],
  [State.closing, State.ended],
  [State.ended],
  [State.ended],
  [],
  [State.waiting, State.gone, State.ended],
];

/** @returns `to`. @throws InvariantError when the table has no such move. */
export function moved(from: State, to: State): State {
  assert(MOVES[from]?.includes(to), `connection: state ${from} -> ${to}`);
  return to;
}
