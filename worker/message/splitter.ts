/** What finds the messages in a frame is like; the kinds are in split.ts. Called by the correlator. */
import type { Conversation, Incoming } from "./conversation.ts";

/** Whose frame it is: a socket that its connection had. */
export type SplitOwner = Pick<Conversation, "slot" | "incarnation">;

/** Walks over the parts of a frame: next() until false. One object for all. */
export interface Splitter {
  /** A frame of a stream is joined to what was kept of those before it: `frame` is changed then. */
  begin(frame: Incoming, from: SplitOwner): void;
  /** The next part is bytes [start, end) of the frame's data. */
  next(): boolean;
  start: number;
  end: number;
}
