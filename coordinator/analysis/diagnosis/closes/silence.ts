/**
 * Detector: nobody answers: nothing listens at the address at all, or the service took connections, answered, and then fell silent
 * with all of them open. Listed in ../registry.ts. Invariant: a service that never answered is not said to have fallen silent.
 */
import { count, partOf } from "../../text.ts";
import { type Detector, type Hypothesis, shownIn } from "../detector.ts";
import { countOf, type Signals, spanOf } from "../signals.ts";

/** Of all attempts. */
const REFUSED_SHARE = 0.95;
const LEAST_ATTEMPTS = 3;
/** Without a message from it, while we sent. */
const SILENT_SECONDS = 4;
const LEAST_SENT = 20;
/** Open connections that stay. */
const STAYING = 0.9;

export const silence: Detector = {
  meta: {
    causes: ["service-down", "zombie", "blackhole"],
    doc: "`service-down`: nothing was ever accepted; `zombie`, `blackhole`: it answered, and then nothing came for 4 s or more while messages were sent and connections stayed open; `blackhole` when attempts to connect got no answer then",
    explains: ["message-loss", "failing-message-type", "failing-backend", "unknown", "saturation"],
  },
  detect: (signals) => [...neverThere(signals), ...fellSilent(signals)],
};

function neverThere(signals: Signals): Hypothesis[] {
  const { attempted, established } = signals.fold.merge.counters();
  const series = (["tcp-refused", "tcp-timeout", "tcp-unreachable"] as const).flatMap((kind) =>
    signals.of(kind),
  );
  const span = spanOf(series);
  const refused = countOf(series);
  if (span === null || established > 0 || attempted < LEAST_ATTEMPTS) return [];
  if (refused < REFUSED_SHARE * attempted) return [];
  const isRefused = countOf(signals.of("tcp-refused")) >= REFUSED_SHARE * refused;
  return [
    {
      cause: isRefused ? "service-down" : "blackhole",
      confidence: isRefused ? "certain" : "likely",
      sentence: isRefused
        ? `Nothing listens at the address: ${partOf(refused, attempted)} of the attempts were refused.`
        : `Nothing answers at the address: ${partOf(refused, attempted)} of the attempts got no answer.`,
      evidence: [shownIn(`${count(refused)} attempts failed at TCP, and none succeeded.`, ...span)],
      against: [],
      nextProbe:
        "Check the address and the port with `onrush doctor URL`, from a worker's machine.",
      from: span[0],
      to: span[1],
      impact: refused,
      symptoms: series,
    },
  ];
}

function fellSilent(signals: Signals): Hypothesis[] {
  const { rows } = signals;
  const answeredAt = rows.findIndex(({ received }) => received > 0);
  if (answeredAt < 0) return [];
  const stretch = longestSilence(signals, answeredAt);
  if (stretch === null) return [];
  const { from, to, sent } = stretch;
  const unconnected = [...signals.of("tcp-timeout"), ...signals.of("upgrade-timeout")];
  const isCut = unconnected.some(({ seconds }) => [...seconds.keys()].some((at) => at >= from));
  const end = to >= rows.length ? "to the end" : `for ${to - from} s`;
  return [
    {
      cause: isCut ? "blackhole" : "zombie",
      confidence: "likely",
      sentence: `The service fell silent at second ${from}, ${end}: ${count(sent)} messages were sent, none came back, and the connections stayed open.`,
      evidence: [
        shownIn(
          `${count(sent)} messages were sent and 0 received, on ${count(rows[from]?.open ?? 0)} open connections.`,
          from,
          to,
        ),
      ],
      against: [
        isCut
          ? "A service that hangs, and whose accept queue is full, looks alike."
          : "Nobody tried to connect meanwhile, or those who did were accepted: a network that swallows packets of open connections alone looks alike.",
      ],
      nextProbe: `Connect to the service by hand while it is silent: if TCP and the upgrade succeed, it hangs; if they do not, look at the network. Its log at second ${from} says what it did last.`,
      from,
      to,
      impact: sent,
      symptoms: [
        ...signals.failuresIn((stage) => stage === "timeout"),
        ...signals.of("unanswered"),
        ...unconnected,
      ],
    },
  ];
}

function longestSilence(signals: Signals, answeredAt: number) {
  let best: { from: number; to: number; sent: number } | null = null;
  let from = -1;
  let sent = 0;
  for (let second = answeredAt; second <= signals.rows.length; second++) {
    const row = signals.rows[second];
    const isSilent =
      row !== undefined &&
      row.received === 0 &&
      row.sent > 0 &&
      signals.isClean(second) &&
      stays(signals, second);
    if (isSilent) {
      if (from < 0) [from, sent] = [second, 0];
      sent += row.sent;
      continue;
    }
    const isLong = from >= 0 && second - from >= SILENT_SECONDS && sent >= LEAST_SENT;
    if (isLong && (best === null || sent > best.sent)) best = { from, to: second, sent };
    from = -1;
  }
  return best;
}

function stays(signals: Signals, second: number): boolean {
  const before = signals.openBefore(second);
  return before > 0 && (signals.rows[second]?.open ?? 0) >= STAYING * before;
}
