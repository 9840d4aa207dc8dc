/** What hooks need of the engine. Implemented by worker/engine/hooks-of.ts. */
import type { ConnectFailure } from "../../shared/stats/failure-kind.ts";
import type { Captures } from "../message/captures.ts";
import type { Conversation } from "../message/conversation.ts";
import type { Recorder } from "../record/recorder.ts";
import type { HookConnection } from "./protocol.ts";

/** A connection whose attempt to connect waits for before(). */
export interface AttemptingConnection extends Conversation {
  onFail(kind: ConnectFailure, signature: string, detail: string): void;
}

export interface HooksHost<Connection extends AttemptingConnection = AttemptingConnection> {
  readonly recorder: Recorder;
  readonly captures: Captures;
  /** Reads the clock, run time. */
  nowUs(): number;
  phaseAt(runUs: number): number;
  fieldsOf(conversation: Conversation): HookConnection;
  /** It is not over. */
  isLive(conversation: Conversation): boolean;
  /** The connection's time-out. */
  expireAt(connection: Connection, dueUs: number): void;
  /** before() has ended well: the attempt goes on. */
  onBefore(connection: Connection): void;
}
