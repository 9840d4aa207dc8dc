/** `kind: handshake-flood`: more handshakes than planned. Listed in registry.ts. Invariant: what there is no time for is left out. */
import { about, fault, rate, strict } from "../../shape/fields.ts";
import { formatRate } from "../../units.ts";
import { base, faultKind } from "./fault.ts";
import { ANSWERS } from "./outcome.ts";

const SECOND_US = 1_000_000;
const MAX_PER_SEC = 5000;
/** Beside one connection. */
const MOST_PER_BEAT = 50;
/** Of two connections one after the other each begins at another part of the time between handshakes. */
const GOLDEN = 0.618_033_988_749_895;

export const handshakeFlood = faultKind({
  kind: "handshake-flood",
  stage: "handshake",
  doc: "So many handshakes a second are made beside those of the plan, with the requests of the connections it hits, and closed as soon as they are accepted: does the target take them, refuse them, or let others wait?",
  example: { at: "steady+10s", for: "20s", kind: "handshake-flood", who: "20%", rate: "200/s" },
  tells: ANSWERS,
  shape: () =>
    strict({
      ...base("handshake-flood", "Makes more handshakes than planned."),
      rate: about(
        rate(),
        `Handshakes a second in all, spread evenly over the connections it hits, at most ${MAX_PER_SEC}/s.`,
        "200/s",
      ),
    }).superRefine(({ rate: perSec }, context) => {
      if (perSec <= MAX_PER_SEC) return;
      const what = `more than ${MAX_PER_SEC} handshakes a second`;
      fault(context, [what, "write a lower rate"], { path: ["rate"] });
    }),
  lasts: () => "must",
  strict: ({ rate: perSec }) => ({ kind: "handshake-flood", perSec }),
  written: ({ perSec }) => ({ rate: formatRate(perSec) }),
  action: {
    reach: "lasting",
    begin: () => {},
    beat: (victim, { perSec }) => {
      const offset = (victim.index * GOLDEN) % 1;
      const ofEach = perSec / victim.victims;
      const wanted = Math.floor((ofEach * victim.elapsedUs) / SECOND_US + offset);
      const due = Math.min(wanted - victim.done, MOST_PER_BEAT);
      victim.done = wanted;
      for (let made = 0; made < due; made++) {
        victim.handshake({ request: "same", stays: false, waitUs: null });
      }
    },
  },
});
