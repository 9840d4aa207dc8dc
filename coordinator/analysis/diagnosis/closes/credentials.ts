/**
 * Detector: attempts are not authorised: all of them, or those that come back with what they had logged in with before. Listed in
 * ../registry.ts. Invariant: says whose first attempts were taken.
 */
import { count, partOf } from "../../text.ts";
import { type Detector, shownIn } from "../detector.ts";
import { countOf, spanOf } from "../signals.ts";

const LEAST = 3;
/** Close codes of a connection whose token has ended. */
const ENDED_BY: ReadonlySet<number> = new Set([1008, 3000, 3003, 4000]);
/** Of a sample of the refused, those that had been connected before. */
const RETURNING = 0.9;
/** Of first attempts, those that were taken: then it is not the scenario's credentials in general. */
const LEAST_TAKEN = 0.5;

export const credentials: Detector = {
  meta: {
    causes: ["stale-token", "not-authorised"],
    doc: "3 attempts or more got HTTP 401 or 403; `stale-token` when nine of ten of them were not the first of their connection",
    explains: ["failing-backend", "token-expiry"],
  },
  detect(signals) {
    const series = [...signals.of("upgrade-status", 401), ...signals.of("upgrade-status", 403)];
    const refused = countOf(series);
    const span = spanOf(series);
    if (refused < LEAST || span === null) return [];
    const samples = series.flatMap((one) => one.samples);
    const returning = samples.filter(({ attempt }) => attempt > 0).length;
    const { attempted, reconnects, established } = signals.fold.merge.counters();
    const isStale =
      samples.length > 0 &&
      returning >= RETURNING * samples.length &&
      established >= LEAST_TAKEN * (attempted - reconnects);
    const common = {
      from: span[0],
      to: span[1],
      impact: refused,
      symptoms: series,
      evidence: [
        shownIn(`${count(refused)} attempts got HTTP 401 or 403.`, ...span),
        {
          sentence: `${partOf(returning, Math.max(1, samples.length))} of a sample of them were not the first of their connection; ${count(established)} attempts were taken.`,
          seconds: [],
        },
      ],
    };
    if (isStale) {
      const closes = signals.of("close-code").filter(({ code }) => ENDED_BY.has(code ?? 0));
      return [
        {
          ...common,
          // That their tokens ended is the first that is seen of it.
          from: Math.min(common.from, spanOf(closes)?.[0] ?? common.from),
          symptoms: [...series, ...closes],
          cause: "stale-token",
          confidence: "likely",
          sentence: `Connections that come back are not authorised (${count(refused)} attempts): what they logged in with is no longer valid.`,
          against: [],
          nextProbe:
            "Log in again ahead of each attempt (`flow.before`), and see whether they are taken.",
        },
      ];
    }
    return [
      {
        ...common,
        cause: "not-authorised",
        confidence: established === 0 ? "certain" : "likely",
        sentence: `The service does not accept the credentials of ${count(refused)} attempts.`,
        against: established === 0 ? [] : [`${count(established)} other attempts were taken.`],
        nextProbe: "Try the same headers and login with `onrush probe`.",
      },
    ];
  },
};
