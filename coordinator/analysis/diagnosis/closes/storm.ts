/**
 * Detector: connections that were lost come back all at once, again and again, and that is what keeps the service busy: attempts time out
 * long after it is there again. Listed in ../registry.ts. Invariant: the scenario's own clients do it, by a reconnect without jitter; a
 * service that is merely away makes no storm.
 */
import { rolesOf } from "../../../../shared/scenario/names.ts";
import { count } from "../../text.ts";
import { type Detector, shownIn } from "../detector.ts";
import { massCloses } from "../mass-close.ts";
import { countIn, type Signals } from "../signals.ts";

/** Attempts for each lost connection. */
const LEAST_ATTEMPTS = 2;
/** Of the lost connections, attempts that got no answer although the service was there. */
const LEAST_UNANSWERED = 0.2;
/** Without jitter they stay together; a longer pause between attempts is no storm. */
const MOST_PAUSE_US = 2_000_000;
const AFTER_SECONDS = 30;

export const storm: Detector = {
  meta: {
    causes: ["reconnect-storm"],
    doc: "after a mass close, with a reconnect without jitter, two attempts or more for each lost connection, and a fifth of that many get no answer in time although others are accepted; `possible` where attempts were refused in as many seconds as went unanswered",
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
    let attempts = 0;
    let opened = 0;
    let silent = 0;
    let awaySeconds = 0;
    let stormSeconds = 0;
    for (let second = mass.from; second < to; second++) {
      const row = signals.rows[second];
      attempts += (row?.opened ?? 0) + (row?.failed ?? 0);
      opened += row?.opened ?? 0;
      silent += countIn(unanswered, second);
      if (countIn(refused, second) > 0) awaySeconds++;
      else if (countIn(unanswered, second) > 0) stormSeconds++;
    }
    if (opened === 0 || attempts < LEAST_ATTEMPTS * mass.closed) return [];
    if (silent < LEAST_UNANSWERED * mass.closed) return [];
    return [
      {
        cause: "reconnect-storm",
        // Where the service was away for longer, that is what kept them out.
        confidence: stormSeconds > awaySeconds ? "likely" : "possible",
        sentence: `Reconnects overload the service: ${count(mass.closed)} connections were lost at second ${mass.from}, and came back together in ${count(attempts)} attempts, ${count(silent)} of which got no answer in time.`,
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
