/**
 * Witness: what the kernels of the workers' machines counted of TCP: segments that had to be sent again. Listed in registry.ts. Invariant:
 * a kernel that tells nothing says nothing, and what only the target's kernel sends again is in none of these figures.
 */
import { count, percent } from "../../text.ts";
import { shownIn } from "../detector.ts";
import type { Signals } from "../signals.ts";
import { NOTHING, type Witness } from "./witness.ts";

/** Of the segments sent, and in all: those of other programs of the machine are among them. */
const LEAST_SHARE = 0.005;
const LEAST_RETRANSMITTED = 20;
/** Where the cause acts for a part of the run: so many times the share of the other seconds. */
const TIMES = 3;
const LEAST_SECONDS = 3;

export const kernel: Witness = {
  causes: new Set(["network-loss", "blackhole", "mtu-blackhole"]),
  hear(signals, { from, to }) {
    const during = sumOf(signals, (second) => second >= from && second < to);
    const others = sumOf(signals, (second) => second < from || second >= to);
    if (during.seconds < LEAST_SECONDS || during.sent === 0) return null;
    const { retransmitted, sent } = during;
    if (retransmitted < LEAST_RETRANSMITTED || retransmitted < LEAST_SHARE * sent) return null;
    const isMore =
      others.seconds < LEAST_SECONDS ||
      retransmitted / sent >= (TIMES * others.retransmitted) / Math.max(1, others.sent);
    if (!isMore) return null;
    const sentence = `The kernel of a worker's machine sent ${count(Math.round(retransmitted))} of up to ${count(Math.round(sent))} segments again (${percent(retransmitted / sent)}), those of all its programs, new connections left out (\`nstat -az TcpRetransSegs\`; field \`kernel\` of the journal's frames).`;
    return { ...NOTHING, evidence: [shownIn(sentence, from, to)], isSurer: true };
  },
};

/** Second by second, the most that any machine sent, and sent again: of several, a share that is too low if anything. */
function sumOf(signals: Signals, isIn: (second: number) => boolean) {
  const { rows, fold } = signals;
  const { kernel: told } = fold.merge.evidence;
  let [seconds, sent, retransmitted] = [0, 0, 0];
  for (const { second } of rows) {
    const own = told.at(second, "segmentsSent");
    const again = told.at(second, "segmentsRetransmitted");
    if (own === null || again === null || !isIn(second) || !signals.isClean(second)) continue;
    seconds++;
    sent += own;
    retransmitted += Math.max(0, again - (told.at(second, "synRetransmits") ?? 0));
  }
  return { seconds, sent, retransmitted };
}
