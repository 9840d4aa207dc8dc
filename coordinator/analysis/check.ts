/**
 * What a check is: a question with its row of docs/validity.md, and a function from a run to the answer. Each check is one
 * file and one line of registry.ts; judge-run.ts runs them. Invariant: a check is a pure function of what it is given, and
 * the order of workers and frames changes nothing.
 */
import { balance, type Ledger } from "../merge/ledger.ts";
import type { RunFold } from "../merge/run-fold.ts";
import type { Evidence, Judgement, JudgementKind, Limit, Observed, Unit } from "./judgement.ts";
import { type Masked, maskedIn } from "./masked.ts";

export interface CheckMeta {
  /** Unique; of several judgements of one check each has a number behind it. */
  readonly id: string;
  readonly kind: JudgementKind;
  readonly question: string;
  /** Its row in docs/validity.md: of validity what holds, the limit and when it is judged; of others what, and when it is said. */
  readonly doc: readonly [what: string, limitOrWhen: string, judged: string];
  /** Of several reasons for a verdict the one with the lowest comes first. */
  readonly precedence: number;
  /** It is also judged once a second while the run goes on. */
  readonly isLive?: true;
  /** It is also judged of a run that never began. */
  readonly isAlways?: true;
}

export interface Check {
  readonly meta: CheckMeta;
  readonly judge: (run: JudgedRun) => Answer | readonly Answer[];
}

/** What is left out is said by the check's meta, or does not apply. `exitCode`: of a failure, where it is not its kind's. */
export type Answer = Pick<Judgement, "observed" | "outcome"> &
  Partial<Omit<Judgement, "id" | "kind">>;

/** What checks look at: the run, what several of them need of it, and the judgements of those before. */
export class JudgedRun {
  readonly fold: RunFold;
  readonly before: readonly Judgement[];
  #masked: Masked | null = null;
  #ledger: Ledger | null = null;

  constructor(fold: RunFold, before: readonly Judgement[] = []) {
    this.fold = fold;
    this.before = before;
  }

  get masked(): Masked {
    this.#masked ??= maskedIn(this.fold);
    return this.#masked;
  }

  get ledger(): Ledger {
    this.#ledger ??= balance(this.fold.merge);
    return this.#ledger;
  }
}

export function evidence(...sentences: readonly string[]): Evidence[] {
  return sentences.map((sentence) => ({ sentence, seconds: [] }));
}

/** Too little to go by; `why` without a full stop. */
export function notJudged(observed: Observed, why: string, limit: Limit | null = null): Answer {
  return { observed, limit, outcome: "not-judged", evidence: evidence(why) };
}

type Figure = Extract<Observed, { readonly unit: Unit }>;

interface Bound {
  readonly limit: number;
  /** Why nothing can be said, without a full stop; null: it is judged. */
  readonly open?: string | null;
  /** What a failure is put into words by. */
  readonly sentence?: string;
  readonly evidence?: readonly Evidence[];
}

/** A figure that may be as high as its limit. */
export function atMost(observed: Figure, { limit: value, open = null, ...failure }: Bound): Answer {
  const limit: Limit = { operator: "<=", unit: observed.unit, value };
  if (open !== null) return notJudged(observed, open, limit);
  if ((observed.value ?? 0) <= value) return { observed, limit, outcome: "pass" };
  return { observed, limit, outcome: "fail", ...failure };
}

/** A rule that holds or does not, without a figure. */
export function isTrueThat(holds: boolean, observed: Observed, failure: string): Answer {
  return { observed, ...(holds ? { outcome: "pass" } : { outcome: "fail", sentence: failure }) };
}
