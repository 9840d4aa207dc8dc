/**
 * `kind: flood`: clients that send far more than they should. Listed in registry.ts. Invariant: what there is no room for, or no time,
 * is left out and not sent later.
 */
import { amountIn, highest } from "../../fault-ramp.ts";
import { about, fault, rate, size, strict, whole } from "../../shape/fields.ts";
import { formatRate, formatSize } from "../../units.ts";
import { base, faultKind } from "./fault.ts";
import { ramped, writtenRamp } from "./ramped.ts";

const MAX_PER_SEC = 10_000;
const MAX_FACTOR = 1000;
const MAX_BYTES = 16 << 20;
/** On one connection. */
const MOST_PER_BEAT = 1000;
/** Of two connections one after the other each begins at another part of the time between messages. */
const GOLDEN = 0.618_033_988_749_895;

export const flood = faultKind({
  kind: "flood",
  stage: "writing",
  doc: "Connections send more messages than planned, at a `rate` or so many times (`factor`) what they send anyway. They are counted apart from those of the mix, and nothing is expected of them.",
  example: { at: "steady+10s", for: "20s", kind: "flood", who: "5%", rate: "200/s" },
  shape: () =>
    strict({
      ...base("flood", "Sends more messages than planned."),
      rate: about(
        ramped(rate, ["1/s", "200/s"]).optional(),
        `More messages of each connection, at most ${MAX_PER_SEC}/s. Needed, unless there is a factor.`,
        "200/s",
      ),
      factor: about(
        whole(1, MAX_FACTOR).optional(),
        "So many more for each message that the connection sends by itself.",
        10,
      ),
      size: about(
        size(1, MAX_BYTES).optional(),
        "Binary messages of so many bytes. Default: messages of the connection's mix, or of 64 bytes where it has none.",
        "1kb",
      ),
    }).superRefine((value, context) => {
      if ((value.rate === undefined) === (value.factor === undefined)) {
        fault(context, ["a flood needs rate or factor", "write one of them, such as rate: 200/s"]);
      } else if (value.rate !== undefined && highest(value.rate) > MAX_PER_SEC) {
        const what = `more than ${MAX_PER_SEC} messages a second from one connection`;
        fault(context, [what, "hit more connections"], { path: ["rate"] });
      }
    }),
  lasts: () => "must",
  strict: ({ rate: perSec = 0, factor = 0, size: bytes = null }) => {
    return { kind: "flood", perSec, factor, bytes };
  },
  written: ({ perSec, factor, bytes }) => ({
    ...(perSec === 0 ? { factor } : { rate: writtenRamp(perSec, formatRate) }),
    ...(bytes !== null && { size: formatSize(bytes) }),
  }),
  extra: ({ perSec, factor }, { connections, seconds, own }) =>
    perSec === 0 ? factor * own : Math.ceil(highest(perSec) * seconds + 1) * connections,
  action: {
    reach: "lasting",
    begin: () => {},
    beat: (victim, { perSec, factor, bytes }) => {
      const offset = (victim.index * GOLDEN) % 1;
      const { window, nowUs, elapsedUs } = victim;
      const rated = amountIn(perSec, window, { fromUs: nowUs - elapsedUs, toUs: nowUs });
      const wanted = perSec === 0 ? factor * victim.ownSent : Math.floor(rated + offset);
      const due = wanted - victim.done;
      victim.done = wanted;
      if (due > 0) victim.sendExtra(Math.min(due, MOST_PER_BEAT), bytes);
    },
  },
});
