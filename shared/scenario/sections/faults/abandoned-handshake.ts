/** `kind: abandoned-handshake`: requests that never come to their end. Listed in registry.ts. */
import { about, byDefault, duration, strict, whole } from "../../shape/fields.ts";
import { formatDuration } from "../../units.ts";
import { HANDSHAKE_WEIGHT } from "./action.ts";
import { base, faultKind } from "./fault.ts";
import { ANSWERS } from "./outcome.ts";

const MOST_EACH = 100;

export const abandonedHandshake = faultKind({
  kind: "abandoned-handshake",
  stage: "handshake",
  doc: "Beside each connection handshakes begin, send half of their request, and then nothing, until the fault is over: how long does the target keep them? Open connections stay as they are.",
  example: { at: "steady+10s", for: "30s", kind: "abandoned-handshake", who: 20, each: 5 },
  tells: ANSWERS,
  shape: () =>
    strict({
      ...base("abandoned-handshake", "Begins handshakes and leaves them half sent."),
      each: byDefault(whole(1, MOST_EACH), 1, "How many beside each connection.", 5),
      hold: about(
        duration().optional(),
        "Each is given up after so long. Default: when the fault is over.",
        "5s",
      ),
    }),
  lasts: () => "must",
  strict: ({ each, hold: holdUs = null }) => ({ kind: "abandoned-handshake", each, holdUs }),
  written: ({ each, holdUs }) => ({
    each,
    ...(holdUs !== null && { hold: formatDuration(holdUs) }),
  }),
  action: {
    reach: "lasting",
    weight: ({ each }) => each * HANDSHAKE_WEIGHT,
    begin: (victim, { each, holdUs }) => {
      if (victim.isBack) return;
      const waitUs = holdUs ?? Number.POSITIVE_INFINITY;
      for (let made = 0; made < each; made++) {
        victim.handshake({ request: "half", stays: false, waitUs });
      }
    },
  },
});
