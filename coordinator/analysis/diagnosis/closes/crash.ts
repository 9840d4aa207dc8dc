/**
 * Detector: many connections end without a Close frame in one moment, and often nobody answers for a while: a process that died.
 * Listed in ../registry.ts. Invariant: connections that end at one age, and not in one moment, are none of its business
 * (age.ts).
 */

import type { Confidence } from "../../judgement.ts";
import { count, partOf } from "../../text.ts";
import { type Detector, type Hypothesis, shownIn } from "../detector.ts";
import { type MassClose, massCloses } from "../mass-close.ts";
import { countIn, type Signals } from "../signals.ts";

/** Longest that a process is looked out for after it died. */
const AWAY_SECONDS = 60;
/** Ages of connections that end in one moment differ by more than that, or age tells as much as the clock. */
const SPREAD_US = 1_000_000;

export const crash: Detector = {
  meta: {
    causes: ["crash-and-restart"],
    doc: "a fifth of the open connections, 10 at least, end within two seconds without a Close frame, and not at such a rate for six seconds or more while more than three fifths stay open; `certain` when attempts are refused thereafter",
    explains: [
      "handshake-rate-limit",
      "connection-cap",
      "proxy-upstream-down",
      "service-down",
      "failing-backend",
      "server-errors",
      "message-loss",
      "zombie",
      "accept-queue",
      "stale-token",
    ],
  },
  detect: (signals) =>
    massCloses(signals)
      .slice(0, 1)
      .map((mass) => hypothesis(signals, mass)),
};

function hypothesis(signals: Signals, { from, to, closed, open }: MassClose): Hypothesis {
  const refusals = [
    ...signals.of("tcp-refused"),
    ...signals.of("tcp-reset"),
    ...signals.of("upgrade-reset"),
    ...[502, 503, 504].flatMap((code) => signals.of("upgrade-status", code)),
  ];
  const refused = awayAfter(signals, from, refusals);
  const opened = signals.rows.slice(from + 1).some((row) => row.opened > 0);
  const isOneMoment = isTold(signals, from, to);
  const back = refused === null ? null : backAfter(signals, refused.last);
  const against = [
    ...(refused === null
      ? [
          opened
            ? "No attempt to connect was refused afterwards: a proxy or a balancer that drops its connections looks the same."
            : "Nobody tried to connect afterwards, so whether the service was away is not known.",
        ]
      : []),
    ...(isOneMoment
      ? []
      : ["All of these connections were about as old, so a limit on their age fits as well."]),
  ];
  const away =
    refused === null
      ? ""
      : back === null
        ? `; attempts were refused from second ${refused.first} to the end`
        : `; attempts were refused for ${refused.last - refused.first + 1} s, and then connections opened again`;
  return {
    cause: "crash-and-restart",
    confidence: confidenceOf(refused?.isSure === true, isOneMoment),
    sentence: `The service seems to have crashed at second ${from}: ${partOf(closed, open)} of its connections ended at once without a Close frame${away}.`,
    evidence: [
      shownIn(
        `${count(closed)} connections ended without a Close frame within two seconds.`,
        from,
        to,
      ),
      ...(refused === null
        ? []
        : [
            shownIn(
              `${count(refused.count)} attempts to connect failed after that: nothing listened, or what is in front of it had nobody to pass them on to.`,
              refused.first,
              refused.last + 1,
            ),
          ]),
    ],
    against,
    nextProbe: `Look for the service's exit, out-of-memory kill or restart in its logs at second ${from} of the run; if there is none, at the proxy in front of it.`,
    from,
    to: refused === null ? to : refused.last + 1,
    impact: closed + (refused?.count ?? 0),
    symptoms: [...signals.of("abnormal-close"), ...refusals, ...signals.of("unanswered")],
  };
}

function confidenceOf(isRefused: boolean, isOneMoment: boolean): Confidence {
  if (!isOneMoment) return "possible";
  return isRefused ? "certain" : "likely";
}

/** Until when attempts failed thereafter, and whether nothing listened meanwhile; null: none failed. */
function awayAfter(signals: Signals, from: number, refusals: ReturnType<Signals["of"]>) {
  let first = -1;
  let last = -1;
  let failed = 0;
  let isSure = false;
  for (let second = from; second < signals.rows.length; second++) {
    if (last >= 0 && second - last > AWAY_SECONDS) break;
    if (first < 0 && second - from > AWAY_SECONDS) break;
    const now = countIn(refusals, second);
    if (now === 0) continue;
    if (first < 0) first = second;
    last = second;
    failed += now;
    isSure ||= countIn(signals.of("tcp-refused"), second) > 0;
  }
  return first < 0 ? null : { first, last, count: failed, isSure };
}

function backAfter(signals: Signals, last: number): number | null {
  const at = signals.rows.slice(last + 1).findIndex(({ opened }) => opened > 0);
  return at < 0 ? null : last + 1 + at;
}

/** They were opened over a longer time than they ended in, so it is the moment that they have in common. */
function isTold(signals: Signals, from: number, to: number): boolean {
  const ages = signals.times("lifetime", [from, to]);
  if (ages === null) return false;
  const spreadUs = ages.quantile(0.95) - ages.quantile(0.05);
  return spreadUs >= SPREAD_US;
}
