/**
 * Detector: the service, or a proxy, says itself why it ended connections or turned attempts away: by a status, a close code, a
 * reason, a TLS alert. Listed in ../registry.ts. Invariant: what it says is a claim of the target's: it is held against what
 * other detectors measured (rank.ts), and one claim alone is never more than likely where other causes say the same.
 */
import type { FailureKind } from "../../../../shared/stats/failure-kind.ts";
import type { FailureSeries } from "../../../merge/failures/failure-series.ts";
import { type CauseId, causeOf } from "../../findings/causes.ts";
import type { Confidence, Evidence } from "../../judgement.ts";
import { count } from "../../text.ts";
import { type Detector, type Hypothesis, shownIn } from "../detector.ts";
import { countOf, type Signals, spanOf } from "../signals.ts";
import { isFirstAnswer } from "./first-message.ts";

/** Fewer are chance, or a first try. */
const LEAST = 3;

interface Said {
  readonly kind: FailureKind;
  readonly codes?: readonly number[];
  /** In the text; absent: whatever it says. */
  readonly text?: RegExp;
  readonly cause: CauseId;
  readonly confidence: Confidence;
  readonly against?: string;
  /** Not of connections that are ended at their first message. */
  readonly isLater?: true;
  readonly nextProbe: string;
}

/** The first that fits a series says what it is. */
const SAID: readonly Said[] = [
  {
    ...{ kind: "tls-certificate", text: /expired/, cause: "expired-certificate" },
    ...{
      confidence: "certain",
      nextProbe:
        "Renew the certificate, or look which of the addresses behind the name still has the old one.",
    },
  },
  {
    ...{ kind: "tls-certificate", cause: "untrusted-certificate", confidence: "certain" },
    nextProbe: "Give the right authority in `connect.tls.ca`, or the right name in `servername`.",
  },
  {
    ...{ kind: "close-code", codes: [1009], cause: "message-size-limit", confidence: "likely" },
    nextProbe:
      "Send messages of one size, half as large, in a role of their own: if those connections stay open, it is the size.",
  },
  {
    ...{
      kind: "close-code",
      codes: [1008, 1013, 4000],
      text: /rate|too many|too fast|flood|throttl|slow down/,
    },
    ...{ cause: "message-rate-limit", confidence: "likely" },
    nextProbe: "Halve the messages per second of a connection: the closes should stop.",
  },
  {
    ...{ kind: "close-code", codes: [1008, 1009, 4000], text: /too (big|large|long)|size/ },
    ...{ cause: "message-size-limit", confidence: "likely" },
    nextProbe: "Send messages half as large: the closes should stop.",
  },
  {
    ...{
      kind: "close-code",
      codes: [1008, 3000, 3003, 4000],
      text: /token|expire|auth|credential/,
    },
    // What is said at the first message is about credentials that never were good (credentials.ts).
    ...{ cause: "token-expiry", confidence: "possible", isLater: true },
    against:
      "Its connections did not all end at one age, as they would when tokens of one lifetime run out.",
    nextProbe: "Log in with a token that lives longer: the closes should come later.",
  },
  {
    ...{ kind: "close-code", codes: [1008], cause: "message-rate-limit", confidence: "possible" },
    against: "Code 1008 says only that a policy was violated; which one is not known.",
    nextProbe:
      "Halve the messages per second of a connection: if the closes stop, it is a limit on their rate.",
  },
  {
    ...{
      kind: "upgrade-status",
      codes: [502, 504],
      cause: "proxy-upstream-down",
      confidence: "likely",
    },
    nextProbe: "Connect past the proxy, straight to the service behind it.",
  },
  {
    ...{ kind: "close-code", codes: [1011, 1014], cause: "server-errors", confidence: "likely" },
    nextProbe: "Look for exceptions in the service's log in these seconds.",
  },
  {
    ...{
      kind: "upgrade-status",
      codes: [500, 503],
      cause: "server-errors",
      confidence: "possible",
    },
    against: "Neither the number of open connections nor the rate of attempts sets them off.",
    nextProbe:
      "Look in the log of the service and of the proxy in front of it which of them answered so, and why.",
  },
  {
    ...{ kind: "dns", cause: "name-resolution", confidence: "certain" },
    nextProbe: "Resolve the name on a worker's machine: `getent hosts NAME`.",
  },
  {
    ...{ kind: "protocol", cause: "protocol-violation", confidence: "certain" },
    nextProbe:
      "The failure's signature names the rule that was broken; look at what the service sends there with `onrush probe`.",
  },
];

export const reason: Detector = {
  meta: {
    causes: [
      "expired-certificate",
      "untrusted-certificate",
      "message-size-limit",
      "message-rate-limit",
      "token-expiry",
      "proxy-upstream-down",
      "server-errors",
      "name-resolution",
      "protocol-violation",
    ],
    doc: "3 failures or more say so themselves, by HTTP status, close code, reason or TLS error",
    explains: [],
  },
  detect(signals) {
    const byRule = new Map<Said, FailureSeries[]>();
    for (const series of signals.failures) {
      const said = SAID.find((one) => fits(signals, one, series));
      if (said) byRule.set(said, [...(byRule.get(said) ?? []), series]);
    }
    return [...byRule].flatMap(([said, series]) => hypothesis(signals, said, series));
  },
};

function fits(signals: Signals, said: Said, series: FailureSeries): boolean {
  const { kind, codes, text, isLater } = said;
  if (series.kind !== kind) return false;
  if (codes !== undefined && !codes.includes(series.code ?? -1)) return false;
  if (text !== undefined && !text.test(signals.textOf(series))) return false;
  return isLater !== true || !isFirstAnswer(signals, series);
}

function hypothesis(signals: Signals, said: Said, series: readonly FailureSeries[]): Hypothesis[] {
  const failed = countOf(series);
  const span = spanOf(series);
  if (failed < LEAST || span === null) return [];
  const { cause, confidence, against, nextProbe } = said;
  const codes = series.flatMap(({ code }) =>
    code === null ? [] : [code === 4000 ? "4xxx" : code],
  );
  const what = codes.length === 0 ? said.kind : `${said.kind} ${codes.join(", ")}`;
  const { title } = causeOf(cause);
  const target = onlyTarget(signals, series);
  return [
    {
      ...{ cause, confidence, nextProbe },
      ...(target !== null && { scope: { target } }),
      sentence: `${title.charAt(0).toUpperCase()}${title.slice(1)}${target === null ? "" : `, at target ${target} alone`}: ${count(failed)} failures say so (${what}).`,
      evidence: [
        shownIn(`${count(failed)} failures of the kind ${what}.`, ...span),
        ...addressesIn(signals, series),
      ],
      against: against === undefined ? [] : [against],
      from: span[0],
      to: span[1],
      impact: failed,
      symptoms: series,
    },
  ];
}

/** The one of several targets that has all of them; null: none has. */
function onlyTarget(signals: Signals, series: readonly FailureSeries[]): string | null {
  const [target, ...others] = new Set(series.flatMap(({ targets }) => [...targets.keys()]));
  const isOne = target !== undefined && others.length === 0 && signals.targets.length > 1;
  return isOne ? signals.labelOf(target) : null;
}

/** Which addresses of a name the sampled ones had gone to, where others of the run went elsewhere. */
function addressesIn(signals: Signals, series: readonly FailureSeries[]): Evidence[] {
  const targets = new Set(series.flatMap((one) => [...one.targets.keys()]));
  const at = (moments: readonly { readonly address: string; readonly target: number }[]) =>
    new Set(moments.flatMap(({ address, target }) => (targets.has(target) ? [address] : [])));
  const failed = at(series.flatMap((one) => signals.eventsOf(one)));
  const healthy = [...at(signals.events.controls)].filter((one) => !failed.has(one)).sort();
  if (failed.size === 0 || healthy.length === 0) return [];
  return [
    {
      sentence: `They went to ${[...failed].sort().join(", ")}; none went to ${healthy.join(", ")}.`,
      seconds: [],
    },
  ];
}
