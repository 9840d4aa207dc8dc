/**
 * What looks at messages beside the replies of the mix: flows, sequences, listen, answers, the audits. Implemented in rooms of
 * their own, listed in registry.ts, called by observers.ts. Data plane: nothing is called that a scenario does not use.
 */
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import type { RenderContext } from "../../shared/scenario/template/render.ts";
import type { Captures } from "../message/captures.ts";
import type { Conversation } from "../message/conversation.ts";
import type { ReceivedMessage } from "../message/received-message.ts";
import type { Recorder } from "../record/recorder.ts";

/** What a message is to an observer; the greatest of all counts. */
export const Seen = {
  /** It is not about it. */
  no: 0,
  /** It is, beside others; what no reply and nobody else takes is counted as recognised. */
  yes: 1,
  /** It belongs to another user: nobody else gets to see it, and it is counted as leaked. */
  leaked: 2,
} as const;
export type Seen = (typeof Seen)[keyof typeof Seen];

/** What was just sent. */
export interface SentMessage {
  /** As `sent` of expressions. */
  sentNow(): unknown;
}

export interface MessageObserver {
  /**
   * Sees each message of an open connection; parts of a frame one by one.
   * @param isReply the mix's, or a step's @param seen what it is to the observers before
   */
  observe?(
    conversation: Conversation,
    message: ReceivedMessage,
    isReply: boolean,
    seen: Seen,
  ): Seen;
  /** A connection is open, before anything is sent on it. */
  opened?(conversation: Conversation, nowUs: number): void;
  /** The connection is over, after observe() was called for all that came. @param cutByUs by us, before its time */
  ended?(conversation: Conversation, nowUs: number, cutByUs: boolean): void;
  /** A message of the name at this position was given to the socket. @param phase of its intended time */
  sent?(conversation: Conversation, position: number, message: SentMessage, times: SentTimes): void;
  /** A message of the name at this position was settled. @param isAnswered as it was to be */
  settled?(conversation: Conversation, position: number, isAnswered: boolean): void;
  /** The pong of a ping that was asked for came. */
  ponged?(conversation: Conversation): void;
  /** A fault acts on it from now on: what is under way is counted under the phase so many behind its own. */
  disturbed?(conversation: Conversation, by: number): void;
  /** It closes by plan once nothing is unanswered; nothing new begins. */
  draining?(conversation: Conversation): void;
  /** Nothing is unanswered. @returns whether it is to wait for onStepsDone(); asked again then */
  closing?(conversation: Conversation, nowUs: number): boolean;
  /** Settles what is overdue. @param ownerOf the conversation of a slot */
  expire?(nowUs: number, ownerOf: (slot: number) => Conversation): void;
  /** When expire() has something to do next; Infinity for never. */
  readonly nextDueUs?: number;
}

export interface SentTimes {
  readonly phase: number;
  readonly intendedUs: number;
  readonly nowUs: number;
}

export interface Clocks {
  /** Run time, microseconds. */
  nowUs(): number;
  /** Whole milliseconds since the Unix epoch, rounded down. */
  wallMs(): number;
}

/** What an observer is made with. */
export interface ObserverContext {
  readonly scenario: StrictScenario;
  /** Of the run; marks derive from it. */
  readonly run: string;
  readonly recorder: Recorder;
  readonly captures: Captures;
  /** Of what the connection renders next; one object for all. */
  contextOf(conversation: Conversation): RenderContext;
  /** Sends the message of the name at this position at once, off the schedule. @returns false when it could not be sent */
  send(conversation: Conversation, position: number): boolean;
  /** Run time, and the wall clock. */
  readonly clocks: Clocks;
  /** Of a moment of run time. */
  phaseAt(runUs: number): number;
  /** Of what happens now, run time. */
  nowUs(): number;
  /** The message that is being received is kept as what came instead of what has been waited for since then. */
  keepUnmatched(conversation: Conversation, sinceUs: number): void;
}

/** null: the scenario has nothing for it to do. */
export type MakeObserver = (context: ObserverContext) => MessageObserver | null;
