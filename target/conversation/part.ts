/**
 * What every part of a conversation is: a file of this folder that exports one, and a line in registry.ts. The document's
 * schema, paths below /with/, GET /stats and docs/target.md follow from the registry. Called by conversation.ts.
 * Invariant: a part counts what it did when it did it, under the names of its `meta.counts` alone.
 */
import type { Buffer } from "node:buffer";
import { z } from "zod";
import type { ReplyKind } from "../behaviour/reply-kind.ts";
import type { Peer } from "../connection/peer.ts";
import type { HttpRequest } from "../connection/request.ts";

/** What a part may do; conversation.ts does it. */
export interface PartHands {
  /** Sends a message as a reply of this kind, so that every dial of replies holds for it. */
  say(peer: Peer, kind: ReplyKind, text: string): void;
  close(peer: Peer, code: number | null, reason: string): void;
  count(name: string): void;
  /** Runs `act` after a time; whoever asks checks whether the connection is still open. */
  later(delayMs: number, act: () => void): void;
  /** 32 random bits, by the seed and these two. */
  draw(index: number, counter: number): number;
  /** Hands a text to the rooms, as if it had come as JSON. False when it is none of theirs. */
  rooms(peer: Peer, message: object): boolean;
  nowMs(): number;
}

/** Why an upgrade is turned away, or who is let in; null: no objection, nobody in particular. */
export type Entry =
  | { readonly status: number; readonly why: string }
  | { readonly user: string; readonly resumed: number; readonly untilMs?: number }
  | null;

/** A message as it came: its text, "" for one that is none or too long; and as JSON when it is an object. */
export interface Said {
  /** Only valid during the call. */
  readonly payload: Buffer;
  readonly isText: boolean;
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>> | null;
}

interface PartMeta<Name extends string, Count extends string> {
  /** Key in the document, below `conversation`, and word of a path below /with/. */
  readonly name: Name;
  /** What it counts under `conversation` of GET /stats. */
  readonly counts: readonly Count[];
  /** What it makes the target do: the row of docs/target.md. */
  readonly doc: string;
}

export interface Part<Name extends string = string, Count extends string = string> {
  readonly meta: PartMeta<Name, Count>;
  /** Schema of what the document may say; `true` stands for all defaults. */
  readonly rule: z.ZodType;
  /** Looks at an upgrade before it is answered. */
  readonly enter?: (request: HttpRequest) => Entry;
  readonly opened?: (peer: Peer, given: never, hands: PartHands) => void;
  /** True: the text was this part's, and nobody else sees it. */
  readonly heard?: (peer: Peer, said: Said, task: { given: never; hands: PartHands }) => boolean;
  readonly ended?: (peer: Peer, hands: PartHands) => void;
}

interface PartActs<Given> {
  readonly enter?: (request: HttpRequest) => Entry;
  readonly opened?: (peer: Peer, given: Given, hands: PartHands) => void;
  readonly heard?: (
    peer: Peer,
    said: Said,
    task: { readonly given: Given; readonly hands: PartHands },
  ) => boolean;
  readonly ended?: (peer: Peer, hands: PartHands) => void;
}

export function part<
  const Name extends string,
  const Count extends string,
  Shape extends z.core.$ZodLooseShape,
>(
  meta: PartMeta<Name, Count> & { readonly shape: Shape },
  acts: PartActs<z.output<z.ZodObject<Shape>>>,
): Part<Name, Count> {
  const { shape, ...rest } = meta;
  const rule = z.preprocess((value) => (value === true ? {} : value), z.strictObject(shape));
  // What passed the schema is what it says.
  return { meta: rest, rule, ...(acts as object) };
}
