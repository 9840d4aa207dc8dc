/**
 * Resources that are taken from the target for a time: processor, memory, or all of it. Ordered by the page /resources, carried out by each
 * process. Invariant: it is over when its time is, also when nobody asks for that any more; one at a time, the last that was ordered.
 */
import { Buffer } from "node:buffer";
import { z } from "zod";
import type { Stats } from "../stats.ts";
import { type DocumentIssue, issuesOf } from "./dials.ts";
import { standStill } from "./pause.ts";
import { burn } from "./process/burden.ts";

const MAX_FOR_MS = 600_000;
const MAX_BYTES = 8 * 1024 ** 3;
/** A share of the processor is taken in turns of this time. */
const TURN_MS = 20;
const CHUNK_BYTES = 16 * 1024 * 1024;
/** What the page answers leaves before the process stands still. */
const BEFORE_PAUSE_MS = 20;

const strainSchema = z
  .strictObject({
    forMs: z.number().min(1).max(MAX_FOR_MS),
    /** Share of one core that each process burns. */
    cpu: z.number().gt(0).max(1).optional(),
    /** Bytes that each process takes. */
    memoryBytes: z.int().min(1).max(MAX_BYTES).optional(),
    /** Each process stands still until it is over. */
    pause: z.literal(true).optional(),
  })
  .refine(
    ({ cpu, memoryBytes, pause }) => (cpu ?? memoryBytes ?? pause) !== undefined,
    "give one of cpu, memoryBytes, pause",
  );

export type StrainOrder = z.output<typeof strainSchema>;

/** What is wrong with an order, or the order. */
export function parseStrain(
  input: unknown,
): { readonly order: StrainOrder } | { readonly issues: readonly DocumentIssue[] } {
  const result = strainSchema.safeParse(input);
  return result.success ? { order: result.data } : { issues: issuesOf(result.error) };
}

export class Strain {
  readonly #stats: Stats;
  #memory: Buffer[] = [];
  #timers: NodeJS.Timeout[] = [];

  constructor({ stats }: { readonly stats: Stats }) {
    this.#stats = stats;
  }

  begin({ forMs, cpu, memoryBytes = 0, pause }: StrainOrder): void {
    this.end();
    this.#stats.behaviours.strained += 1;
    this.#timers.push(setTimeout(() => this.end(), forMs));
    if (cpu !== undefined) this.#timers.push(setInterval(burn, TURN_MS, TURN_MS * cpu));
    for (let left = memoryBytes; left > 0; left -= CHUNK_BYTES) {
      this.#memory.push(Buffer.alloc(Math.min(left, CHUNK_BYTES), 1));
    }
    if (pause === true) this.#timers.push(setTimeout(standStill, BEFORE_PAUSE_MS, forMs));
  }

  /** Nothing is taken. */
  get isOver(): boolean {
    return this.#timers.length === 0;
  }

  /** Gives everything back. */
  end(): void {
    for (const timer of this.#timers.splice(0)) clearTimeout(timer);
    this.#memory = [];
  }
}
