/**
 * Detector: one target loses its connections, they are served elsewhere, and the next one dies of them: of each after the first the users of
 * those before it are lost in the same moment. Listed in ../registry.ts. Invariant: targets that end in one moment have one cause, and
 * are no cascade; nor are targets that are restarted one after another, each of which loses its own users alone, unless there are many.
 */
import type { KnownFailure } from "../../../merge/evidence/failure-events.ts";
import type { Confidence } from "../../judgement.ts";
import { count, ms, partOf } from "../../text.ts";
import { type Detector, type Hypothesis, shownIn } from "../detector.ts";
import type { Signals } from "../signals.ts";

const SECOND_US = 1_000_000;
/** Of a target's connections, those that end without a Close frame within a second: it died. Fewer are single ones. */
const LEAST_SHARE = 0.5;
const LEAST_CLOSES = 10;
/** From one to the next: further apart than clocks and attempts to come back are, and near enough to follow from it. */
const LEAST_APART_US = 150_000;
const MOST_APART_US = 30 * SECOND_US;
/** Of the connections of the targets that died before, those that are lost again in its moment. */
const LOST_AGAIN = 0.25;
/** Of those lost, connections that opened before the next one died. */
const BACK_SHARE = 0.3;
/** Without users that are lost again, so many targets in a row. */
const LEAST_ALONE = 3;

interface Death {
  readonly target: number;
  readonly atUs: number;
  readonly closed: number;
}

export const cascade: Detector = {
  meta: {
    causes: ["failure-cascade"],
    doc: "two targets or more lose half of their connections without a Close frame one after another, 0.15 to 30 s apart, after connections of the one before had opened again; `likely` when a quarter of the users of those before are lost again in the moment of the next, else 3 targets and `possible`",
    explains: [
      "crash-and-restart",
      "reconnect-storm",
      "no-recovery",
      "failing-backend",
      "service-down",
      "zombie",
      "accept-queue",
      "connection-cap",
      "handshake-rate-limit",
      "proxy-upstream-down",
      "server-errors",
      "message-loss",
      "saturation",
    ],
  },
  detect(signals) {
    if (signals.targets.length < 2 || signals.isDisturbedOutside) return [];
    const chain = chainOf(signals);
    const [first, second] = chain;
    if (first === undefined || second === undefined) return [];
    const again = chain
      .slice(1)
      .map((death, at) => lostAgain(signals, chain.slice(0, at + 1), death));
    const isCarried = again.some(({ lost, of }) => lost >= LOST_AGAIN * of);
    if (!isCarried && chain.length < LEAST_ALONE) return [];
    return [hypothesis(signals, chain, { again, isCarried })];
  },
};

/** How many of the users of those that died before were lost in the moment of the next, of how many. */
interface Again {
  readonly lost: number;
  readonly of: number;
}

function hypothesis(
  signals: Signals,
  chain: readonly Death[],
  { again, isCarried }: { readonly again: readonly Again[]; readonly isCarried: boolean },
): Hypothesis {
  const names = chain.map(({ target }) => signals.labelOf(target));
  const [first = ""] = names;
  const seconds = chain.map(({ atUs }) => Math.floor(atUs / SECOND_US));
  const from = seconds[0] ?? 0;
  const to = (seconds.at(-1) ?? 0) + 2;
  const confidence: Confidence = isCarried ? "likely" : "possible";
  const carried = again.findIndex(({ lost, of }) => lost >= LOST_AGAIN * of);
  const { lost = 0, of = 0 } = again[carried] ?? {};
  return {
    cause: "failure-cascade",
    confidence,
    scope: { target: first },
    sentence: `Target ${first} died at second ${from}, and ${names.slice(1).join(", then ")} after it: one after another they lost their connections at once.`,
    evidence: [
      ...chain.map(({ closed, atUs }, at) =>
        shownIn(
          `${count(closed)} connections to ${names[at]} ended without a Close frame within a second, from ${Number((atUs / SECOND_US).toFixed(1))} s on${at === 0 ? "" : `, ${ms(atUs - (chain[at - 1]?.atUs ?? 0))} after ${names[at - 1]}`}.`,
          seconds[at] ?? 0,
          (seconds[at] ?? 0) + 1,
        ),
      ),
      ...(isCarried
        ? [
            shownIn(
              `When ${names[carried + 1]} died, ${partOf(lost, of)} of the connections to ${names.slice(0, carried + 1).join(" and ")} were lost again: something in front had sent them there.`,
              seconds[carried + 1] ?? 0,
              (seconds[carried + 1] ?? 0) + 1,
            ),
          ]
        : []),
    ],
    against: [
      isCarried
        ? "Something that the targets share (a database, a cache, a network) may have taken them down one after another."
        : "Targets that are restarted one after another look alike, and so do those that share something that failed.",
    ],
    nextProbe: `Run the same load without ${first} from the start: if the others die of it, they have no room for its share, and need it, or a limit that turns away what is too much.`,
    from,
    to,
    impact: chain.reduce((sum, { closed }) => sum + closed, 0),
    symptoms: [...signals.of("abnormal-close"), ...signals.of("unanswered")],
  };
}

/** In the order of time, each after connections had opened again. */
function chainOf(signals: Signals): readonly Death[] {
  const deaths = signals.targets
    .flatMap((_, target) => deathOf(signals, target) ?? [])
    .sort((a, b) => a.atUs - b.atUs);
  const chain: Death[] = [];
  for (const death of deaths) {
    const last = chain.at(-1);
    if (last === undefined || follows(signals, last, death)) chain.push(death);
    // Two in one moment, or too far apart: what came before is none of its causes.
    else if (chain.length < 2) chain.splice(0, 1, death);
  }
  return chain;
}

function follows(signals: Signals, last: Death, { atUs }: Death): boolean {
  const apartUs = atUs - last.atUs;
  if (apartUs < LEAST_APART_US || apartUs > MOST_APART_US) return false;
  const [from, to] = [last.atUs, atUs].map((us) => Math.floor(us / SECOND_US));
  const opened = signals.rows.slice(from, (to ?? 0) + 1).reduce((sum, row) => sum + row.opened, 0);
  return opened >= BACK_SHARE * last.closed;
}

/** The first moment in which a target lost half of its connections; null: there is none. */
function deathOf(signals: Signals, target: number): Death | null {
  // A connection may be lost twice within a second.
  const closes = firsts(closesOf(signals, target));
  const usual = connectionsOf(signals, target);
  const least = Math.max(LEAST_CLOSES, LEAST_SHARE * usual);
  let [end, closed] = [0, 0];
  for (const { atUs, weight } of closes) {
    for (let next = closes[end]; next && next.atUs < atUs + SECOND_US; next = closes[++end]) {
      closed += next.weight;
    }
    if (closed >= least) return { target, atUs, closed: Math.round(closed) };
    closed -= weight;
  }
  return null;
}

function closesOf(signals: Signals, target: number) {
  return signals.events.failures.filter(
    (one) => one.kind === "abnormal-close" && one.target === target,
  );
}

/** Of each connection the first within a second. */
function firsts(closes: readonly KnownFailure[]): readonly KnownFailure[] {
  const last = new Map<number, number>();
  return closes.filter(({ connection, atUs }) => {
    const isFirst = atUs >= (last.get(connection) ?? Number.NEGATIVE_INFINITY) + SECOND_US;
    if (isFirst) last.set(connection, atUs);
    return isFirst;
  });
}

/** Open to it at most, by its share of the plan. */
function connectionsOf(signals: Signals, target: number): number {
  const weights = signals.targets.reduce((sum, { weight }) => sum + weight, 0);
  const most = signals.rows.reduce((peak, { open }) => Math.max(peak, open), 0);
  return (most * (signals.targets[target]?.weight ?? 0)) / weights;
}

function lostAgain(signals: Signals, before: readonly Death[], { atUs }: Death): Again {
  // Not those of the moment before.
  const isThen = (us: number) => us >= atUs - LEAST_APART_US / 3 && us < atUs + SECOND_US;
  const sums = before.map(({ target }) => {
    const then = firsts(closesOf(signals, target).filter((one) => isThen(one.atUs)));
    return then.reduce((sum, { weight }) => sum + weight, 0);
  });
  const of = before.reduce((sum, { target }) => sum + connectionsOf(signals, target), 0);
  return { lost: Math.round(sums.reduce((sum, one) => sum + one, 0)), of: Math.round(of) };
}
