/**
 * What every behaviour of the whole process is: a file of this folder that exports one, and a line in registry.ts. The
 * document's schema, /stats, docs/target.md and the conformance test follow from the registry. Carried out by clockwork.ts.
 * Invariant: a behaviour acts at fixed times from the moment it was set, and counts what it did when it did it, under the
 * names of its `meta.counts` alone.
 */
import type { Buffer } from "node:buffer";
import { z } from "zod";
import type { BehaviourMeta, GivenMeta } from "../behaviour-meta.ts";

/** What can be done to the process; clockwork.ts does it. */
export interface ProcessHands {
  /** Bytes that messages have made it keep. */
  readonly keptBytes: number;
  /** Replies, and whatever else is to happen later, that wait for their time. */
  readonly waiting: number;
  /** Connections. */
  readonly open: number;
  /** Forgets them. */
  release(): void;
  /** Nothing in the process goes on for so long, and the processor is idle. */
  standStill(forMs: number): void;
  /** The same, with all of a processor. */
  burn(forMs: number): void;
  /** Sends a text to open connections, `most` at most. @returns how many got it */
  toEveryone(payload: Buffer, most: number): number;
  /** Loses every connection by RST and accepts none for so long. */
  fail(forMs: number): void;
  count(name: string, times?: number): void;
}

export interface ProcessBehaviour<Name extends string = string, Count extends string = string> {
  readonly meta: BehaviourMeta<Name, Count>;
  readonly rule: z.ZodType;
  /** Milliseconds between two of its acts. */
  everyMs(given: unknown): number;
  act(given: unknown, hands: ProcessHands): void;
}

const everyMs = z.number().min(10).max(86_400_000);

export function processBehaviour<
  const Name extends string,
  const Count extends string,
  Shape extends z.core.$ZodLooseShape,
>(
  meta: GivenMeta<Name, Count> & { readonly shape: Shape },
  act: (given: z.output<z.ZodObject<Shape>>, hands: ProcessHands) => void,
): ProcessBehaviour<Name, Count> {
  const { shape, ...rest } = meta;
  return {
    meta: { ...rest, most: 1 },
    rule: z.strictObject({ everyMs, ...shape }),
    // What passed the schema is what it says.
    everyMs: (given) => (given as { readonly everyMs: number }).everyMs,
    act: act as ProcessBehaviour["act"],
  };
}
