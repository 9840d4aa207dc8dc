/**
 * What a fault of the generator is: how it shows in the way a run is started, what is done at its time, and what is done to the results
 * of the run. Each kind is a file of this folder and a line of registry.ts. Invariant: only processes of this benchmark are touched.
 */
import type { z } from "zod";

/** What was started and has to be ended, the latest first. */
export type Ends = (() => Promise<void>)[];

/** A network of its own. */
export interface Namespace {
  /** In front of commands that are to run there. */
  readonly prefix: readonly string[];
}

/** How `onrush run` is started. */
export interface Launch {
  /** Worker processes; absent: as many as the run takes. */
  readonly workers?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** In front of its command. */
  readonly prefix?: readonly string[];
}

/** A run while it goes on. */
export interface UnderWay {
  /** Of its processes. */
  readonly mark: string;
  readonly seed: number;
  /** The path to its server; null: there is none. */
  readonly way: { behave(conditions: Readonly<Record<string, unknown>>): Promise<void> } | null;
  /** The network that it has for itself; null: that of the machine. */
  readonly namespace: Namespace | null;
  readonly ends: Ends;
}

export interface GeneratorFault<Given> {
  /** What a case says of it, its numbers filled in. */
  readonly shape: z.ZodType<Given>;
  /** Run and servers have a network of their own. */
  readonly isAlone?: true;
  /** Why it cannot be done on this machine; null when it can. */
  readonly missing?: () => string | null;
  /** Before the run is started. */
  readonly launch?: (given: Given, ends: Ends) => Launch;
  /** At its time. @throws Error when the run has not what it is done to */
  readonly begin?: (given: Given, run: UnderWay) => void | Promise<void>;
  /** When the run has ended. @param directory of the run */
  readonly finish?: (given: Given, directory: string, seed: number) => Promise<void>;
}
