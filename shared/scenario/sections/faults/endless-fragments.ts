/**
 * `kind: endless-fragments`: a message that never ends. Listed in registry.ts. Invariant: it is ended when the fault is over, so that
 * what the connection sends then is in order again.
 */
import { about, rate, size, strict } from "../../shape/fields.ts";
import { formatRate, formatSize } from "../../units.ts";
import { base, faultKind } from "./fault.ts";
import { OUTCOMES } from "./outcome.ts";

const SECOND_US = 1_000_000;
const DEFAULT_PER_SEC = 100;
const DEFAULT_BYTES = 1024;
const MAX_BYTES = 1 << 20;
/** On one connection; what there is no time for is left out. */
const MOST_PER_BEAT = 100;

export const endlessFragments = faultKind({
  kind: "endless-fragments",
  stage: "protocol",
  doc: "Connections send one message in fragments that do not end until the fault does, and nothing else: does the target bound what it keeps of it, and close with 1009?",
  example: { at: "steady+10s", for: "20s", kind: "endless-fragments", who: "2%" },
  tells: OUTCOMES,
  shape: () =>
    strict({
      ...base("endless-fragments", "Sends a message that does not end."),
      rate: about(
        rate().optional(),
        `Fragments of each connection. Default: ${DEFAULT_PER_SEC}/s.`,
        "100/s",
      ),
      size: about(
        size(1, MAX_BYTES).optional(),
        `Of a fragment. Default: ${formatSize(DEFAULT_BYTES)}.`,
        "1kb",
      ),
    }),
  lasts: () => "must",
  strict: ({ rate: perSec = DEFAULT_PER_SEC, size: bytes = DEFAULT_BYTES }) => {
    return { kind: "endless-fragments", perSec, bytes };
  },
  written: ({ perSec, bytes }) => ({ rate: formatRate(perSec), size: formatSize(bytes) }),
  extra: (_, { connections }) => connections,
  action: {
    reach: "lasting",
    begin: (victim, { bytes }) => {
      victim.silence(true);
      victim.fragment("first", bytes);
    },
    beat: (victim, { perSec, bytes }) => {
      const wanted = Math.floor((perSec * victim.elapsedUs) / SECOND_US);
      const due = Math.min(wanted - victim.done, MOST_PER_BEAT);
      victim.done = wanted;
      for (let fragment = 0; fragment < due; fragment++) victim.fragment("next", bytes);
    },
    end: (victim, { bytes }) => {
      victim.fragment("last", bytes);
      victim.silence(false);
    },
  },
});
