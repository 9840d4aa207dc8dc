/**
 * Detector: a large message takes the longer the larger it is, and small ones of all connections wait behind it: compression takes the
 * processor of the service, or the way carries so many bytes a second. Listed in ../registry.ts. Invariant: which of the two it is, is
 * taken from whether compression was agreed on, and is no more than possible: a handler whose work grows with its message looks alike.
 */
import { count, ms } from "../../text.ts";
import { type Detector, type Hypothesis, shownIn } from "../detector.ts";
import type { Signals } from "../signals.ts";
import { isCompressed, type SizeCost, sizeCost } from "../sizes.ts";

const KIB = 1024;

export const largeMessages: Detector = {
  meta: {
    causes: ["compression-cost", "bandwidth-limit"],
    doc: "half of the messages of 4 KiB or more take 5 ms longer than half of those of an eighth of the size, compared within eighths of the run, in the last five of them or more, and half as long again as before; and small ones wait behind them (their slowest fiftieth half as much longer than their fastest tenth): `compression-cost` when most connections agreed to permessage-deflate, else `bandwidth-limit`",
    explains: ["slow-message-type", "network-jitter", "network-loss"],
  },
  detect(signals) {
    const cost = sizeCost(signals);
    return cost === null ? [] : [hypothesis(signals, cost)];
  },
};

function hypothesis(signals: Signals, cost: SizeCost): Hypothesis {
  const { from, large, replies } = cost;
  const to = signals.rows.length;
  const { name = "" } = signals.names[large] ?? {};
  const isDeflated = isCompressed(signals);
  const said = isDeflated
    ? "compression seems to take the processor of the service"
    : "the way to the service seems to carry a limited number of bytes a second";
  return {
    cause: isDeflated ? "compression-cost" : "bandwidth-limit",
    confidence: "possible",
    scope: { name },
    sentence: `Large messages are slow from second ${from} on, and small ones wait behind them: ${said}.`,
    evidence: evidenceOf(signals, cost, name),
    against: [
      isDeflated
        ? "A handler whose work grows with its message, and a limit on bytes per second on the way, look alike."
        : "A service whose work grows with the size of messages looks alike.",
    ],
    nextProbe: isDeflated
      ? "Run the same load with `connect.compression: false`: what goes away was compression. Then try a lower level of it, or a size below which messages are sent as they are."
      : "Measure what the path carries by itself (`iperf3`), in each direction; then look at the processor of the service in these seconds.",
    from,
    to,
    impact: replies,
    symptoms: [],
  };
}

function evidenceOf(signals: Signals, cost: SizeCost, name: string): Hypothesis["evidence"] {
  const { from, least, most, largeUs, smallUs, moreUs, waitUs, beforeUs } = cost;
  const { compressed, all } = signals.fold.merge.agreed.compression;
  const perKib = ms((moreUs * KIB) / (least - most));
  return [
    shownIn(
      `Half of ${name} (${count(least)} bytes or more) take over ${ms(largeUs)}, of messages of ${count(most)} bytes or less ${ms(smallUs)}; in the same seconds they differ by ${ms(moreUs)}, ${perKib} for each KiB. The slowest fiftieth of the small ones takes over ${ms(waitUs)}.`,
      from,
      signals.rows.length,
    ),
    shownIn(`Before that they differed by ${ms(beforeUs)}.`, 0, from),
    ...(isCompressed(signals)
      ? [
          {
            sentence: `${count(compressed)} of ${count(all)} connections agreed to permessage-deflate (\`connections.agreed\` of summary.json).`,
            seconds: [],
          },
        ]
      : []),
  ];
}
