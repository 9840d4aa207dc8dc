/**
 * Detector: an HTTP answer in place of a WebSocket: a page, "not found", or a redirect. Listed in ../registry.ts. Invariant: of what a
 * target says of an address no more is quoted than its scheme, host and path, in characters of a URL: the rest may be a secret.
 */
import type { CauseId } from "../../findings/causes.ts";
import type { Confidence } from "../../judgement.ts";
import { count, partOf } from "../../text.ts";
import { type Detector, type Hypothesis, shownIn } from "../detector.ts";
import { shownText } from "../foreign.ts";
import { countOf, type Signals, spanOf } from "../signals.ts";

/** Fewer are chance, or a first try. */
const LEAST = 3;
const MAX_DESTINATIONS = 3;
const MAX_ADDRESS_CHARS = 120;
const OTHER_THAN_URLS = /[^\w.~:/%@!$&'()*+,;=[\]-]/g;

const REDIRECTS = [301, 302, 303, 307, 308] as const;
const LOGIN = /log-?in|sign-?in|auth|sso/i;
const THROUGH_PROXY = "whether a proxy before it passes the headers `Upgrade` and `Connection` on";

interface Answer {
  readonly statuses: readonly number[];
  readonly says: string;
  readonly next: string;
}

/** Each is a cause of its own kind: no WebSocket is spoken at that address. */
const ANSWERS: readonly Answer[] = [
  {
    statuses: [200, 201, 202, 203, 204, 206],
    says: "A web server answers there, and does not upgrade",
    next: `Look with \`onrush probe\` whether the path is the right one, and ${THROUGH_PROXY}.`,
  },
  {
    statuses: [404, 405, 410],
    says: "The path is not known there, or takes no WebSockets",
    next: "Correct the path of `target`; `onrush probe` tries one address.",
  },
  {
    statuses: [400, 426],
    says: "What answers there does not take the request for one to upgrade",
    next: `Look with \`onrush probe\` whether the service wants a subprotocol, and ${THROUGH_PROXY}.`,
  },
];

export const address: Detector = {
  meta: {
    causes: ["wrong-address", "redirected"],
    doc: "3 attempts or more got HTTP 200 to 206, 400, 404, 405, 410 or 426; `redirected` when they got 301, 302, 303, 307 or 308. `possible` where other attempts were taken",
    explains: [],
  },
  detect: (signals) => [
    ...ANSWERS.flatMap((answer) => answered(signals, answer)),
    ...redirected(signals),
  ],
};

function answered(signals: Signals, { statuses, says, next }: Answer): Hypothesis[] {
  const what = (codes: string, attempts: string) => `${says}: ${attempts} got HTTP ${codes}.`;
  return hypothesis(signals, { statuses, cause: "wrong-address", surest: "likely", what }).map(
    (one) => ({ ...one, nextProbe: next }),
  );
}

function redirected(signals: Signals): Hypothesis[] {
  const what = (codes: string, attempts: string) =>
    `The address leads elsewhere, and redirects are not followed: ${attempts} got HTTP ${codes}.`;
  const asked = { statuses: REDIRECTS, cause: "redirected", surest: "certain", what } as const;
  return hypothesis(signals, asked).map((one) => {
    const led = one.symptoms.flatMap(({ samples }) =>
      samples.flatMap(({ detail }) => ledTo(detail) ?? []),
    );
    const to = destinations(led);
    const evidence = to.map(([shown, times]) => ({
      sentence: `${partOf(times, led.length)} of a sample of them lead to \`${shown}\`.`,
      seconds: [],
    }));
    const nextProbe = nextOf(
      signals,
      to.map(([shown]) => shown),
    );
    return { ...one, evidence: [...one.evidence, ...evidence], nextProbe };
  });
}

function nextOf(signals: Signals, led: readonly string[]): string {
  if (led.some((one) => LOGIN.test(one)))
    return "That looks like a login: connect with what a client that is logged in sends (`connect.headers`, or a login in `flow.before`).";
  const isPlain = signals.targets.some(({ url }) => url.startsWith("ws:"));
  if (isPlain && led.some((one) => /^(https|wss):/.test(one)))
    return "Give the address with `wss://`: this service takes connections with TLS only.";
  return "Give the address it leads to as `target`.";
}

interface Asked {
  readonly statuses: readonly number[];
  readonly cause: CauseId;
  /** Where no attempt was taken. */
  readonly surest: Confidence;
  readonly what: (codes: string, attempts: string) => string;
}

function hypothesis(
  signals: Signals,
  { statuses, cause, surest, what }: Asked,
): Omit<Hypothesis, "nextProbe">[] {
  const symptoms = statuses.flatMap((status) => signals.of("upgrade-status", status));
  const failed = countOf(symptoms);
  const span = spanOf(symptoms);
  if (failed < LEAST || span === null) return [];
  const { established } = signals.fold.merge.counters();
  const codes = symptoms.map(({ code }) => code).join(", ");
  const attempts = `${count(failed)} attempts`;
  return [
    {
      ...{ cause, symptoms, from: span[0], to: span[1], impact: failed },
      confidence: established === 0 ? surest : "possible",
      sentence: what(codes, attempts),
      evidence: [shownIn(`${attempts} got HTTP ${codes}.`, ...span)],
      against:
        established === 0
          ? []
          : [
              `${count(established)} other attempts were taken, so not all that answers there does so.`,
            ],
    },
  ];
}

/** The most frequent first. */
function destinations(led: readonly string[]): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const one of led) counts.set(one, (counts.get(one) ?? 0) + 1);
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, MAX_DESTINATIONS);
}

/** Of a sample's detail; null: it names no address. */
function ledTo(detail: string): string | null {
  const location = /^Location: (\S.*)$/s.exec(detail)?.[1];
  if (location === undefined) return null;
  const [named = "", ...more] = location.split(/[?#]/);
  const shown = shownText(
    named.replace(/^([a-z][a-z0-9+.-]*:)?\/\/[^/]*@/i, "$1//"),
    OTHER_THAN_URLS,
    MAX_ADDRESS_CHARS,
  );
  return more.length > 0 && !shown.endsWith("…") ? `${shown}…` : shown;
}
