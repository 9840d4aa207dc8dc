/**
 * Whether a run says go: a word with its reason, how sure that is, what would change it, and what the run did not try. Pure; called for
 * the summary. Invariants: the exit code is the verdict's and follows from nothing here; a run that cannot be trusted or was cut short
 * decides nothing; go takes thresholds, all of which hold, and would hold in 95 of 100 runs made of seconds like these, and no finding that
 * is surely about the service.
 */
import type { RunFold } from "../../merge/run-fold.ts";
import type { RunJudgement } from "../judge-run.ts";
import { count } from "../text.ts";
import { type Chance, chanceOf, MIN_BLOCKS } from "./chance.ts";
import { type Flip, flipOf } from "./flip.ts";
import { type Risk, risksOf } from "./risks.ts";

export const DECISIONS = ["go", "no-go", "undecided"] as const;

export interface Decision {
  readonly word: (typeof DECISIONS)[number];
  /** One sentence. */
  readonly reason: string;
  /** null: there is nothing to take it of. */
  readonly chance: Chance | null;
  /** The threshold that is nearest to its limit, or, where some are broken, furthest from it; null: there is none. */
  readonly flip: Flip | null;
  /** What nothing is known of. */
  readonly risks: readonly Risk[];
}

/** Below it a run that passed is no go. */
const SURE = 0.95;

export function decide(fold: RunFold, judgement: RunJudgement): Decision {
  const chance = judgement.verdict === "pass" ? chanceOf(fold, judgement.judgements) : null;
  return {
    ...wordOf(fold, judgement, chance),
    chance,
    flip: fold.began ? flipOf(judgement.judgements) : null,
    risks: fold.began ? risksOf({ fold, validity: judgement.validity }) : [],
  };
}

function wordOf(
  fold: RunFold,
  { verdict, judgements }: RunJudgement,
  chance: Chance | null,
): Pick<Decision, "word" | "reason"> {
  if (verdict === "fail") return { word: "no-go", reason: brokenText(judgements) };
  const undecided = (reason: string) => ({ word: "undecided", reason }) as const;
  if (!fold.began) return undecided("The run did not start.");
  if (verdict === "invalid") return undecided("The run cannot be trusted.");
  if (verdict !== "pass") return undecided("The run did not go to the end of its plan.");
  const { verdict: against } = (fold.comparison ?? {}) as { readonly verdict?: string };
  if (against === "REGRESSED") {
    return undecided("It is worse than its baseline, and no rule says whether that is allowed.");
  }
  if (!judgements.some(({ kind }) => kind === "threshold")) {
    return undecided("The scenario sets no thresholds, so nothing says what is good enough.");
  }
  const found = judgements.find(
    ({ outcome, finding }) => outcome === "fail" && finding !== null && isOfService(finding),
  );
  if (found !== undefined) {
    return undecided(`Every threshold held, but something was found: ${found.sentence}`);
  }
  if (chance === null) {
    return undecided(
      "Every threshold held, but none is on a quantile, share or rate of the whole run: how surely is not known.",
    );
  }
  const { share, blocks, blockSeconds } = chance;
  if (share === null) {
    const needed = MIN_BLOCKS * blockSeconds;
    return undecided(
      `Every threshold held, but the run is too short to say how surely: ${blocks * blockSeconds} s count in whole blocks of ${blockSeconds} s, and it takes ${needed} s.`,
    );
  }
  const likely = `${partText(share, chance.resamples)} runs drawn from seconds like these`;
  return share < SURE
    ? undecided(`Every threshold held, but all of them would only hold ${likely}.`)
    : { word: "go", reason: `Every threshold held, and all of them would hold ${likely}.` };
}

/** What no threshold asked about, and is likely at least. */
export function isOfService(finding: {
  readonly locus: string;
  readonly confidence: string;
}): boolean {
  return finding.locus !== "generator" && finding.confidence !== "possible";
}

function brokenText(judgements: RunJudgement["judgements"]): string {
  const broken = judgements.filter(({ exitCode }) => exitCode !== null);
  const [first] = [...broken].sort((a, b) => a.precedence - b.precedence);
  const others = broken.length > 1 ? ` ${broken.length - 1} more do not hold.` : "";
  return `${first?.sentence ?? "A rule does not hold."}${others}`;
}

function partText(share: number, of: number): string {
  return share === 1
    ? `in all ${count(of)}`
    : `in ${count(Math.round(share * of))} of ${count(of)}`;
}
