/**
 * `kind: stall`: loss of packets as a user of TCP sees it: never a gap, but now and then a wait. Listed in registry.ts. The model is
 * that of few bytes under way, as messages are: what is lost is sent again when the retransmission time-out is over (RFC 6298),
 * which doubles each time it is lost again.
 */
import { valueAt } from "../../fault-ramp.ts";
import { about, byDefault, duration, fault, part, strict } from "../../shape/fields.ts";
import { formatDuration, formatShare } from "../../units.ts";
import { base, faultKind } from "./fault.ts";
import { direction, MAX_DELAY_US } from "./network.ts";
import { ramped, writtenRamp } from "./ramped.ts";

/** Times in a row that the same bytes are lost at most. */
const MAX_LOSSES = 6;
/** Linux waits for no less. */
const TIMEOUT = "200ms";

export const stall = faultKind({
  kind: "stall",
  stage: "network",
  doc: "Packets are lost, as a user of TCP sees it: what was lost waits for a time-out until it is sent again, twice as long each time it is lost again, and what comes behind waits with it.",
  example: { at: "steady+10s", for: "20s", kind: "stall", who: "20%", loss: "5%" },
  shape: () =>
    strict({
      ...base("stall", "Loses packets, as a user of TCP sees it."),
      loss: about(
        ramped(part, ["1%", "10%"]),
        "Share of writes, and of reads, that are lost at first.",
        "5%",
      ),
      timeout: byDefault(duration(), TIMEOUT, "Until what was lost is sent again.", "1s"),
      direction: direction("both"),
    }).superRefine(({ timeout }, context) => {
      if (timeout <= MAX_DELAY_US) return;
      fault(context, ["longer than a minute", "a blackhole holds everything back"], {
        path: ["timeout"],
      });
    }),
  lasts: () => "must",
  strict: ({ loss, timeout, direction: way }) => ({
    kind: "stall",
    loss,
    timeoutUs: timeout,
    direction: way,
  }),
  written: ({ loss, timeoutUs, direction: way }) => ({
    ...{ loss: writtenRamp(loss, formatShare), timeout: formatDuration(timeoutUs), direction: way },
  }),
  action: {
    reach: "lasting",
    begin(victim, { loss, timeoutUs, direction: way }) {
      const { window } = victim;
      victim.link({
        direction: way,
        delayUs: (draw, atUs) => {
          const share = valueAt(loss, window, atUs);
          let losses = 0;
          while (losses < MAX_LOSSES && draw() < share) losses++;
          return Math.min(MAX_DELAY_US, timeoutUs * (2 ** losses - 1));
        },
      });
    },
    end: (victim) => victim.unlink(),
  },
});
