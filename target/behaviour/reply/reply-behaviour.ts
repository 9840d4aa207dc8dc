/**
 * What every reply behaviour is: a file of this folder that exports one, and a line in registry.ts. The document's
 * schema, /stats, docs/target.md and the conformance test follow from the registry.
 * Invariant: a behaviour counts what it does when it does it, under the names of its `meta.counts` alone; one that finds
 * nothing to act on owes, so that shares and counts stay exact.
 */
import type { Buffer } from "node:buffer";
import type { z } from "zod";
import type { HeldReply, Peer } from "../../connection/peer.ts";
import type { BehaviourMeta, GivenMeta } from "../behaviour-meta.ts";
import { picking } from "../dials.ts";
import { of, type } from "../reply-kind.ts";

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
  /** Sends it after so long, counted as `slowed` then; undeliverable when the connection is gone. */
  deliverLater(reply: ChosenReply, afterMs: number): void;
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

export interface ReplyBehaviour<Name extends string = string, Count extends string = string> {
  readonly meta: BehaviourMeta<Name, Count>;
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
  meta: GivenMeta<Name, Count> & {
    readonly shape: Shape;
    readonly atOnce?: boolean;
  },
  act: (reply: ChosenReply, given: z.output<z.ZodObject<Shape>>, hands: ReplyHands) => void,
): ReplyBehaviour<Name, Count> {
  const { atOnce = false, most = 1, shape, ...rest } = meta;
  return {
    meta: { ...rest, most },
    rule: picking({ of, type, ...shape }),
    atOnce,
    // What passed the schema is what it says.
    act: act as ReplyBehaviour["act"],
  };
}
