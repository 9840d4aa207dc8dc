/**
 * Detector: what took connections away is over, no more is asked of the service than before, it takes connections, and it does not come back
 * to what it had served: attempts that get no answer in time, and are made again, keep it busy. That is a metastable failure (N. Bronson et
 * al., HotOS 2021). Listed in ../registry.ts; of faults of the scenario, whose end is known, findings/stays-down.ts tells. Invariant: a
 * service that refuses or turns away is not held to be there, and one that still comes back is not held to stay down.
 */
import { median } from "../../stats/interval.ts";
import { count, percent } from "../../text.ts";
import { type Detector, type Hypothesis, shownIn } from "../detector.ts";
import { type MassClose, massCloses } from "../mass-close.ts";
import { countIn, type Signals } from "../signals.ts";

/** After the last attempt that was refused it has this long, or so many times as long as it was away. */
const LEAST_WAIT_SECONDS = 2;
const TIMES_AWAY = 3;
/** Seconds that say what it had served, and what it serves since. */
const LEAST_SECONDS = 3;
/** Of the replies a second before, at most; and of the connections that the plan has open. */
const STILL_DOWN = 0.8;
/** Of the attempts since, those without an answer in time. */
const LEAST_UNANSWERED = 0.2;
const LEAST_ATTEMPTS = 20;
/** Asked for since, over what was before. */
const AS_MUCH = 1.02;
/** Replies a second in the last third since, over those in the first: it comes back, if slowly. */
const COMES_BACK = 1.25;

export const noRecovery: Detector = {
  meta: {
    causes: ["no-recovery"],
    doc: "after a mass close nothing is refused any more, and for 3 s or more, from 2 s or three times as long as it was away on, to the end of the run, at no more load than before, four fifths at most of the replies a second come, and of the connections are open, and a fifth of the attempts get no answer in time",
    explains: [],
  },
  detect(signals) {
    const [mass] = massCloses(signals);
    const since = mass === undefined ? null : sinceWhen(signals, mass);
    if (mass === undefined || since === null) return [];
    const found = measured(signals, mass, since);
    return isDown(found) ? [hypothesis(signals, mass, found)] : [];
  },
};

interface Found {
  /** Seconds since which it could be back, to the end. */
  readonly since: number;
  readonly end: number;
  /** Replies a second. */
  readonly before: number;
  readonly after: number;
  /** In the first third since, and in the last. */
  readonly early: number;
  readonly late: number;
  /** Of the connections of the plan, those open since. */
  readonly open: number;
  /** Of the plan, over those of before. */
  readonly load: number;
  readonly attempts: number;
  readonly opened: number;
  readonly unanswered: number;
}

/** The first second in which it had time enough to be back; null: it is refused to the end, or the run is too short. */
function sinceWhen(signals: Signals, { from, to }: MassClose): number | null {
  const refusals = [...signals.of("tcp-refused"), ...signals.of("tcp-unreachable")];
  let away = to;
  for (let second = from; second < signals.rows.length; second++) {
    if (countIn(refusals, second) > 0) away = Math.max(away, second + 1);
  }
  const since = away + Math.max(LEAST_WAIT_SECONDS, TIMES_AWAY * (away - to));
  return since + LEAST_SECONDS <= signals.rows.length ? since : null;
}

function measured(signals: Signals, mass: MassClose, since: number): Found {
  const { rows, fold } = signals;
  const end = rows.length;
  const planned = (second: number) => fold.facts.plannedOpen[second] ?? 0;
  const replies = (from: number, to: number) =>
    median(rows.slice(Math.max(0, from), to).map(({ received }) => received));
  const third = Math.max(1, Math.floor((end - since) / 3));
  const silent = [...signals.of("upgrade-timeout"), ...signals.of("tcp-timeout")];
  const sums = { attempts: 0, opened: 0, unanswered: 0, open: 0, planned: 0 };
  for (const { second, opened, failed, open } of rows.slice(since)) {
    sums.attempts += opened + failed;
    sums.opened += opened;
    sums.unanswered += countIn(silent, second);
    sums.open += open;
    sums.planned += planned(second);
  }
  return {
    ...{ since, end, attempts: sums.attempts, opened: sums.opened, unanswered: sums.unanswered },
    before: replies(mass.from - LEAST_SECONDS, mass.from),
    after: replies(since, end),
    early: replies(since, since + third),
    late: replies(end - third, end),
    open: sums.open / Math.max(1, sums.planned),
    load: sums.planned / (end - since) / Math.max(1, planned(mass.from - 1)),
  };
}

function isDown(found: Found): boolean {
  const { before, after, early, late, open, load, attempts, unanswered } = found;
  const isBusy = attempts >= LEAST_ATTEMPTS && unanswered >= LEAST_UNANSWERED * attempts;
  const isLow = after <= STILL_DOWN * before && open <= STILL_DOWN;
  return isBusy && isLow && load <= AS_MUCH && late <= COMES_BACK * early;
}

function hypothesis(signals: Signals, mass: MassClose, found: Found): Hypothesis {
  const { since, end, before, after, open, attempts, opened, unanswered } = found;
  const rate = (perSec: number) => count(Number(perSec.toPrecision(3)));
  return {
    cause: "no-recovery",
    confidence: "possible",
    sentence: `The service does not come back by itself: from second ${since} on, when it had been there again for a while, it gave ${rate(after)} replies a second, after ${rate(before)} before.`,
    evidence: [
      shownIn(
        `${percent(after / Math.max(1, before))} of the replies a second before came, on ${percent(open)} of the connections of the plan, at no more load than before.`,
        since,
        end,
      ),
      shownIn(
        `Of ${count(attempts)} attempts to connect ${count(opened)} succeeded and ${count(unanswered)} got no answer in time; none was refused.`,
        since,
        end,
      ),
    ],
    against: [
      `What took the connections away at second ${mass.from} is held to be over because nothing was refused any more.`,
    ],
    nextProbe:
      "Let the load fall in steps behind that moment (ramp: step), to see which load brings it back, and have clients wait longer, and at random, before they try again.",
    from: since,
    to: end,
    // Connections: those who try again are more.
    impact: Math.round((1 - open) * signals.openBefore(mass.from)),
    symptoms: [],
  };
}
