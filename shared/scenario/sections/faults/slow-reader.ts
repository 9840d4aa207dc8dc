/**
 * `kind: slow-reader`: a client that takes what it is sent more slowly than it comes. Listed in registry.ts. Invariant: over any time
 * it reads at most what its rate allows, and one read more.
 */
import { amountIn } from "../../fault-ramp.ts";
import { about, byteRate, strict } from "../../shape/fields.ts";
import { formatSize } from "../../units.ts";
import { base, faultKind } from "./fault.ts";
import { ramped, writtenRamp } from "./ramped.ts";

const DEFAULT_BYTES = 1024;

export const slowReader = faultKind({
  kind: "slow-reader",
  stage: "reading",
  doc: "Connections read no more than so many bytes a second, in reads of at most 64 KB: does the target wait for them, drop what they miss, or close?",
  example: { at: "steady+10s", for: "60s", kind: "slow-reader", who: "5%", rate: "1kb/s" },
  shape: () =>
    strict({
      ...base("slow-reader", "Reads slowly what the target sends."),
      rate: about(
        ramped(byteRate, ["64kb/s", "1kb/s"]).optional(),
        `How much each of them reads. Default: ${formatSize(DEFAULT_BYTES)}/s.`,
        "1kb/s",
      ),
    }),
  lasts: () => "must",
  strict: ({ rate = DEFAULT_BYTES }) => ({ kind: "slow-reader", bytesPerSec: rate }),
  written: ({ bytesPerSec }) => ({
    rate: writtenRamp(bytesPerSec, (rate) => `${formatSize(rate)}/s`),
  }),
  action: {
    reach: "lasting",
    begin: (victim) => {
      victim.done = victim.readBytes;
      victim.sip(true);
    },
    beat: (victim, { bytesPerSec }) => {
      const { window, nowUs, elapsedUs } = victim;
      const allowed = amountIn(bytesPerSec, window, { fromUs: nowUs - elapsedUs, toUs: nowUs });
      if (victim.readBytes - victim.done <= allowed) victim.mayRead();
    },
    end: (victim) => victim.sip(false),
  },
});
