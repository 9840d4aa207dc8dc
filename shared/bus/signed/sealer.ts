/**
 * Signs and opens records for one side of a bus. Used by the other files here. Invariants: records of one place carry a time
 * that grows, whatever the clock does; one that is older than the newest seen at its place is refused.
 */
import type * as z from "zod";
import { OnrushError } from "../../errors.ts";
import type { Clock } from "../../time/clock.ts";
import type { ClusterKeys } from "../../trust/cluster-key.ts";
import type { Refusals } from "../../trust/refusals.ts";
import { openText, type Place, sealText } from "../../trust/seal.ts";

/** Places whose newest record is remembered; the ones that were not seen for longest are forgotten first. */
const MAX_PLACES = 8192;
const MAX_ISSUE = 200;

export interface SealerOptions {
  readonly keys: ClusterKeys;
  readonly clock: Pick<Clock, "wallMs" | "monotonicUs">;
  readonly refusals: Refusals;
}

export interface Read<T> {
  readonly value: T;
  readonly madeUs: number;
}

/** What is to be read. */
export interface Expected<T> {
  readonly place: Place;
  /** The run it touches. */
  readonly run: string | null;
  readonly schema: z.ZodType<T> | null;
  /** How its place is called where it is refused. */
  readonly shown?: string;
}

export class Sealer {
  readonly keys: ClusterKeys;
  readonly refusals: Refusals;
  readonly clock: SealerOptions["clock"];
  readonly #newest = new Map<string, number>();

  constructor({ keys, clock, refusals }: SealerOptions) {
    this.keys = keys;
    this.clock = clock;
    this.refusals = refusals;
  }

  /** A time for the next record of a place: later than any seen there. */
  nextUs(place: Place): number {
    const newest = this.#newest.get(nameOf(place)) ?? 0;
    return Math.max(Math.round(this.clock.wallMs() * 1000), newest + 1);
  }

  seal(place: Place, content: string, madeUs: number): string {
    return sealText(this.keys, place, content, madeUs);
  }

  /** A record of that time was at the place. */
  see(place: Place, madeUs: number): void {
    const name = nameOf(place);
    const newest = Math.max(madeUs, this.#newest.get(name) ?? 0);
    this.#newest.delete(name);
    this.#newest.set(name, newest);
    const [oldest] = this.#newest.keys();
    if (this.#newest.size > MAX_PLACES && oldest !== undefined) this.#newest.delete(oldest);
  }

  /**
   * A record as its schema has it; null when it is refused, which has been reported then.
   */
  read<T>(
    text: string | null,
    { place, run, schema, shown = place.subject }: Expected<T>,
  ): Read<T> | null {
    const refuse = (reason: string) => {
      this.refusals.add({ kind: place.kind, subject: shown, run, reason });
      return null;
    };
    if (text === null) return refuse("it is larger than any may be, or no text");
    const opened = openText(this.keys, place, text);
    if (!opened.ok) return refuse(opened.reason);
    const { content, madeUs } = opened;
    if (madeUs < (this.#newest.get(nameOf(place)) ?? 0)) {
      return refuse("it is older than one that was there before");
    }
    let value: unknown;
    try {
      value = JSON.parse(content);
    } catch {
      return refuse("it is no JSON");
    }
    const parsed = schema?.safeParse(value);
    if (parsed?.success === false) return refuse(issueOf(parsed.error));
    this.see(place, madeUs);
    return { value: (parsed ? parsed.data : value) as T, madeUs };
  }
}

function nameOf({ kind, subject }: Place): string {
  return `${kind} ${subject}`;
}

/** Of what was signed and is of another shape: coordinator and worker are of different versions. */
function issueOf({ issues }: z.ZodError): string {
  const [first] = issues;
  const path = first?.path.join(".") ?? "";
  return `it has another shape than this version knows (${path}: ${first?.message ?? ""})`.slice(
    0,
    MAX_ISSUE,
  );
}

/** Something is there, and it is not to be acted on; the next reading may find another. */
export function refusedError(what: string): OnrushError {
  return new OnrushError({
    code: "ONRUSH_BUS_REFUSED",
    message: `${what} on the bus was refused: see what is said about it above.`,
    remedy:
      "Give coordinator and workers the same ONRUSH_CLUSTER_KEY and version, and see who else writes to the broker.",
  });
}
