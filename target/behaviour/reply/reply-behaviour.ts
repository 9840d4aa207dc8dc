/**
 * What every reply behaviour is: a file of this folder that exports one, and a line in registry.ts. The document's
 * schema, /stats, docs/target.md and the conformance test follow from the registry.
 * Invariant: a behaviour counts what it does when it does it, under the names of its `meta.counts` alone; one that finds
 * nothing to act on owes, so that shares and counts stay exact.
 */
import type { Buffer } from "node:buffer";
import type { z } from "zod";
import type { HeldReply, Peer } from "../../connection/peer.ts";
import { picking } from "../dials.ts";
import { of } from "../reply-kind.ts";

/** A reply a rule has chosen. */
export interface ChosenReply extends HeldReply {
  /** Room of a pushed message, else null. */
  readonly room: string | null;
}

/** What can be done with a reply; replies.ts does it. */
export interface ReplyHands {
  /** Sends it, then the one that was held back for it. `bytes`: how it goes over the wire, when not as it is. */
  deliver(reply: ChosenReply, bytes?: Buffer): void;
  /** Sends a copy of its frame to a connection. */
  copy(reply: ChosenReply, to: Peer): void;
  /** Sends a copy to its own connection after so long, counted as `duplicated` then; owed when the connection is gone. */
  copyLater(reply: ChosenReply, afterMs: number): void;
  /** Keeps it back until the next reply of its connection is out, for so long at most. */
  hold(reply: ChosenReply, holdMs: number): void;
  /** Writes bytes that are no proper frame in its place. */
  writeRaw(reply: ChosenReply, bytes: Buffer): void;
  /** Another connection, outside the reply's room; null when there is none. */
  stranger(reply: ChosenReply): Peer | null;
  /** The rule acts on a later reply instead. */
  owe(reply: ChosenReply): void;
  count(name: string): void;
  /** 32 random bits, by the seed. */
  draw(): number;
}

export interface ReplyMeta<Name extends string = string, Count extends string = string> {
  /** Key in the document, below `reply`. */
  readonly name: Name;
  /** Keys of a rule beside the choice of events and `of`. */
  readonly shape: z.core.$ZodLooseShape;
  /** Rules there may be: 1, or a list of as many. */
  readonly most: number;
  /** What it counts under `behaviours` of GET /stats. */
  readonly counts: readonly Count[];
  /** What happens to the reply: the row of docs/target.md. */
  readonly doc: string;
  /** A rule that acts on the first reply: what the conformance test tries. */
  readonly example: Readonly<Record<string, unknown>>;
}

export interface ReplyBehaviour<Name extends string = string, Count extends string = string> {
  readonly meta: ReplyMeta<Name, Count>;
  /** Schema of one rule. */
  readonly rule: z.ZodType;
  /** The reply does not wait for its delay first. */
  readonly atOnce: boolean;
  act(reply: ChosenReply, given: unknown, hands: ReplyHands): void;
}

export function replyBehaviour<
  const Name extends string,
  const Count extends string,
  Shape extends z.core.$ZodLooseShape,
>(
  meta: Omit<ReplyMeta<Name, Count>, "most" | "shape"> & {
    readonly shape: Shape;
    readonly most?: number;
    readonly atOnce?: boolean;
  },
  act: (reply: ChosenReply, given: z.output<z.ZodObject<Shape>>, hands: ReplyHands) => void,
): ReplyBehaviour<Name, Count> {
  const { atOnce = false, most = 1, ...rest } = meta;
  return {
    meta: { ...rest, most },
    rule: picking({ of, ...meta.shape }),
    atOnce,
    // What passed the schema is what it says.
    act: act as ReplyBehaviour["act"],
  };
}
