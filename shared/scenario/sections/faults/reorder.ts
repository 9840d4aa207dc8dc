/** `kind: reorder`: connections overtake one another. Listed in registry.ts. Invariant: on one connection nothing is reordered. */
import { about, duration, fault, strict } from "../../shape/fields.ts";
import { formatDuration } from "../../units.ts";
import { base, faultKind } from "./fault.ts";
import { direction, MAX_DELAY_US } from "./network.ts";

export const reorder = faultKind({
  kind: "reorder",
  stage: "network",
  doc: "Each connection has a delay of its own, so messages of different connections arrive in another order than they were sent in. On one connection nothing is reordered: TCP does not.",
  example: { at: "steady+10s", for: "20s", kind: "reorder", who: "50%", spread: "200ms" },
  shape: () =>
    strict({
      ...base("reorder", "Has messages of different connections overtake one another."),
      spread: about(
        duration(),
        "The delay of a connection, one way, is a random one up to this, the same in each run of the same seed.",
        "200ms",
      ),
      direction: direction("both"),
    }).superRefine(({ spread }, context) => {
      if (spread <= MAX_DELAY_US) return;
      fault(context, ["longer than a minute", "write a shorter one"], { path: ["spread"] });
    }),
  lasts: () => "must",
  strict: ({ spread, direction: way }) => ({
    kind: "reorder",
    spreadUs: spread,
    direction: way,
  }),
  written: ({ spreadUs, direction: way }) => ({
    ...{ spread: formatDuration(spreadUs), direction: way },
  }),
  action: {
    reach: "lasting",
    begin(victim, { spreadUs, direction: way }) {
      const ownUs = victim.draw() * spreadUs;
      victim.link({ direction: way, delayUs: () => ownUs });
    },
    end: (victim) => victim.unlink(),
  },
});
