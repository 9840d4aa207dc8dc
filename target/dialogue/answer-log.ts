/**
 * The latest answers of the agent, event by event, with the times at which each was really told: what a client's verdict on a
 * sequence can be held against. Filled by the agent where the behaviour asks for it (`agent.log`), read by the pages.
 * Bounds: MAX_ANSWERS, and MAX_EVENTS of all of them; the oldest are forgotten first.
 */

/** Answers listed at most, over all processes. */
export const MAX_ANSWERS = 20_000;
const MAX_EVENTS = 400_000;
/** Forgotten ones that may still take their place. */
const SLACK = 1000;

export interface ToldAnswer {
  /** Of the question; null where it is no text. */
  readonly id: string | null;
  /** Its `id` of `?perConnection=1`. */
  readonly connection: number;
  /** What was done to it, as it is counted under `behaviours`; null: nothing. */
  readonly deed: string | null;
  /** Its connection ended before it did. */
  readonly cut: boolean;
  /** Milliseconds from the question's coming until the last event was told. */
  readonly tookMs: number;
  /** Each event and its milliseconds. */
  readonly events: readonly (readonly [type: string, atMs: number])[];
}

export class AnswerLog {
  private answers: ToldAnswer[] = [];
  /** Place of the oldest that is not forgotten. */
  private first = 0;
  private events = 0;

  add(answer: ToldAnswer): void {
    this.answers.push(answer);
    this.events += answer.events.length;
    while (this.events > MAX_EVENTS || this.answers.length - this.first > MAX_ANSWERS) {
      this.events -= this.answers[this.first]?.events.length ?? 0;
      this.first += 1;
    }
    if (this.first < SLACK) return;
    this.answers = this.answers.slice(this.first);
    this.first = 0;
  }

  /** The latest ones, at most so many, in the order in which they ended. */
  latest(limit: number): readonly ToldAnswer[] {
    return this.answers.slice(Math.max(this.first, this.answers.length - limit));
  }

  clear(): void {
    this.answers = [];
    this.first = 0;
    this.events = 0;
  }
}
