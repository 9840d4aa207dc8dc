/**
 * Detector: connections that were lost come back all at once, again and again, and that is what keeps the service busy: attempts take long,
 * or time out, when it is there again. Listed in ../registry.ts. Invariant: the scenario's own clients do it, by a reconnect without jitter;
 * a service that is merely away makes no storm.
 */
import { rolesOf } from "../../../../shared/scenario/names.ts";
import { boundAt } from "../../../../shared/stats/histogram.ts";
import type { FailureSeries } from "../../../merge/failures/failure-series.ts";
import { count } from "../../text.ts";
import { type Detector, shownIn } from "../detector.ts";
import { type MassClose, massCloses } from "../mass-close.ts";
import { countIn, type Signals } from "../signals.ts";

const SECOND_US = 1_000_000;
/** Attempts for each lost connection. */
const LEAST_ATTEMPTS = 2;
/** Of the lost connections, attempts that got no answer although the service was there, or had to wait for half as long as they may. */
const LEAST_LATE = 0.2;
const LATE = 0.5;
/** Without jitter they stay together; a longer pause between attempts is no storm. */
const MOST_PAUSE_US = 2_000_000;
const AFTER_SECONDS = 30;

export const storm: Detector = {
  meta: {
    causes: ["reconnect-storm"],
    doc: "after a mass close, with a reconnect without jitter, two attempts or more for each lost connection, and a fifth of that many get no answer in time, or wait for half of that time, although others are accepted; `possible` where attempts were refused for longer than they waited",
    explains: [
      "crash-and-restart",
      "zombie",
      "blackhole",
      "server-open-files",
      "accept-queue",
      "saturation",
    ],
  },
  detect(signals) {
    const [mass] = massCloses(signals);
    if (mass === undefined || !isTogether(signals)) return [];
    const unanswered = [
      ...signals.of("upgrade-timeout"),
      ...signals.of("tcp-timeout"),
      ...signals.of("upgrade-reset"),
    ];
    const refused = [...signals.of("tcp-refused"), ...signals.of("tcp-reset")];
    const to = Math.min(signals.rows.length, mass.from + AFTER_SECONDS);
    const { attempts, opened, silent, late, slowestUs } = returnedIn(signals, mass, to, unanswered);
    if (opened === 0 || attempts < LEAST_ATTEMPTS * mass.closed) return [];
    if (silent + late < LEAST_LATE * mass.closed) return [];
    const away = momentsIn(refused, mass.from, to);
    const lastUs = momentsIn(unanswered, mass.from, to).lastUs;
    const waitedUs = Math.max(slowestUs, lastUs - Math.max(away.lastUs, mass.from * SECOND_US));
    return [
      {
        cause: "reconnect-storm",
        // Where the service was away for longer, that is what kept them out.
        confidence: waitedUs > away.lastUs - away.firstUs ? "likely" : "possible",
        sentence: `Reconnects overload the service: ${count(mass.closed)} connections were lost at second ${mass.from}, and came back together in ${count(attempts)} attempts, ${count(silent)} of which got no answer in time, and ${count(late)} after half of that time.`,
        evidence: [
          shownIn(
            `${count(attempts)} attempts for ${count(mass.closed)} lost connections; ${count(opened)} were accepted, ${count(silent)} got no answer.`,
            mass.from,
            to,
          ),
        ],
        against: ["What made the connections end is a cause of its own, and was over before."],
        nextProbe:
          "Run it again with `reconnect: { policy: full-jitter }` and a longer pause: it should recover at once.",
        from: mass.from,
        to,
        impact: attempts,
        symptoms: [...unanswered, ...signals.of("abnormal-close"), ...signals.of("unanswered")],
      },
    ];
  },
};

function isTogether({ fold }: Signals): boolean {
  return rolesOf(fold.facts.scenario).some(({ connect: { reconnect } }) => {
    return reconnect.policy === "fixed" && reconnect.minUs <= MOST_PAUSE_US;
  });
}

/** Attempts since the connections were lost: how many there were, were accepted, got no answer, and got one late. */
function returnedIn(
  signals: Signals,
  { from }: MassClose,
  to: number,
  unanswered: readonly FailureSeries[],
) {
  const waits = rolesOf(signals.fold.facts.scenario).map(({ connect }) => connect.timeoutUs);
  const bound = boundAt(Math.round(LATE * Math.min(...waits)));
  const sums = { attempts: 0, opened: 0, silent: 0, late: 0, slowestUs: 0 };
  for (const { second, opened, failed } of signals.rows.slice(from, to)) {
    const times = signals.times("connect", [second, second + 1]);
    sums.attempts += opened + failed;
    sums.opened += opened;
    sums.silent += countIn(unanswered, second);
    if (times === null) continue;
    sums.late += times.count - (times.countsUpTo([bound])[0] ?? 0);
    sums.slowestUs = Math.max(sums.slowestUs, times.max);
  }
  return sums;
}

/** When the first and the last of these failed, by the samples that are kept; 0 without any. */
function momentsIn(series: readonly FailureSeries[], from: number, to: number) {
  const moments = series
    .flatMap(({ samples }) => samples.map(({ atUs }) => atUs))
    .filter((us) => us >= from * SECOND_US && us < to * SECOND_US)
    .sort((a, b) => a - b);
  return { firstUs: moments[0] ?? 0, lastUs: moments.at(-1) ?? 0 };
}
