/**
 * Witness: probes beside the load. Which rungs were slow while the cause acted, and which were as fast as else, says where time is lost: in
 * the handler, in the process, or on the way. Listed in registry.ts. Invariant: seconds outside of the cause's own are what a rung is held
 * against; where the probe's own timer was late, too, it says nothing.
 */
import type { Rung } from "../../../../shared/wire/frame/sentinel-rows.ts";
import type { CauseId } from "../../findings/causes.ts";
import { median } from "../../stats/interval.ts";
import { ms } from "../../text.ts";
import { type Hypothesis, shownIn } from "../detector.ts";
import type { Signals } from "../signals.ts";
import { NOTHING, type Testimony, type Witness } from "./witness.ts";

/** Seconds with a probe, during and outside. */
const LEAST_SECONDS = 3;
const SLOWER = 3;
const LEAST_US = 5000;
/** A probe without an answer has taken as long. */
const PATIENCE_US = 5_000_000;

interface Expected {
  readonly slow: Rung;
  readonly fast: Rung | null;
  /** When the slow one is not, and when the fast one is not. */
  readonly notSlow: string;
  readonly notFast: string;
}

const PROCESS: Expected = {
  slow: "ping",
  fast: "tcp",
  notSlow: "the process itself was not busy",
  notFast: "the machine or the way to it was slow as well",
};
const WAY: Expected = {
  slow: "tcp",
  fast: null,
  notSlow: "the way to the target was as fast as before",
  notFast: "",
};

const EXPECTED: Partial<Record<CauseId, Expected>> = {
  "dependency-pool": {
    slow: "echo",
    fast: "ping",
    notSlow: "the message of the probe did not have to wait",
    notFast: "the process itself was busy",
  },
  saturation: PROCESS,
  "memory-leak": PROCESS,
  zombie: PROCESS,
  "compression-cost": PROCESS,
  "network-latency": WAY,
  "network-jitter": WAY,
  blackhole: WAY,
  "accept-queue": {
    slow: "tcp",
    fast: "ping",
    notSlow: "connections of the probe were accepted at once",
    notFast: "open connections had to wait, too",
  },
};

export const ladder: Witness = {
  causes: new Set(Object.keys(EXPECTED) as CauseId[]),
  hear(signals, hypothesis) {
    const expected = EXPECTED[hypothesis.cause];
    if (expected === undefined || rungOf(signals, "wake", hypothesis)?.isSlow !== false)
      return null;
    const slow = rungOf(signals, expected.slow, hypothesis);
    const fast = expected.fast === null ? null : rungOf(signals, expected.fast, hypothesis);
    const against = [
      ...(slow?.isSlow === false
        ? [`Of the probes beside the load, ${saidOf(slow)}: ${expected.notSlow}.`]
        : []),
      ...(fast?.isSlow === true
        ? [`Of the probes beside the load, ${saidOf(fast)}: ${expected.notFast}.`]
        : []),
    ];
    if (against.length > 0) return { ...NOTHING, against };
    if (slow === null || (expected.fast !== null && fast === null)) return null;
    return agrees(hypothesis, fast === null ? [slow] : [slow, fast]);
  },
};

function agrees({ from, to }: Hypothesis, rungs: readonly Seen[]): Testimony {
  const columns = rungs.map(({ rung }) => `\`probe_${rung}_max_ms\``).join(", ");
  const sentence = `Of the probes beside the load, ${rungs.map(saidOf).join(", ")}: medians of ${columns} in timeline.csv.`;
  return { ...NOTHING, evidence: [shownIn(sentence, from, to)], isSurer: true };
}

interface Seen {
  readonly rung: Rung;
  readonly duringUs: number;
  readonly elseUs: number;
  readonly isSlow: boolean;
}

const ASKED: Readonly<Record<Rung, string>> = {
  wake: "a timer",
  tcp: "a TCP connection",
  ping: "a ping",
  echo: "a message",
};

function saidOf({ rung, duringUs, elseUs }: Seen): string {
  return `${ASKED[rung]} took ${ms(duringUs)} (${ms(elseUs)} in other seconds)`;
}

/** null: it was not asked often enough. */
function rungOf(signals: Signals, rung: Rung, { from, to }: Hypothesis): Seen | null {
  const during: number[] = [];
  const others: number[] = [];
  for (const { second } of signals.rows) {
    if (!signals.isClean(second)) continue;
    const us = slowestOf(signals, rung, second);
    if (us !== null) (second >= from && second < to ? during : others).push(us);
  }
  if (during.length < LEAST_SECONDS || others.length < LEAST_SECONDS) return null;
  const [duringUs, elseUs] = [median(during), median(others)];
  const isSlow = duringUs >= SLOWER * elseUs && duringUs - elseUs >= LEAST_US;
  return { rung, duringUs, elseUs, isSlow };
}

function slowestOf({ fold }: Signals, rung: Rung, second: number): number | null {
  const { ladder: series } = fold.merge.evidence;
  const all = series.targets.flatMap((target) => {
    const seen = series.at(second, target, rung);
    return seen === null ? [] : [seen.failed > 0 ? PATIENCE_US : (seen.mostUs ?? 0)];
  });
  return all.length === 0 ? null : all.reduce((most, one) => Math.max(most, one));
}
