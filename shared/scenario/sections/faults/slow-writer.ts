/** `kind: slow-writer`: clients whose frames leave a few bytes at a time. Listed in registry.ts. */
import { about, byteRate, strict } from "../../shape/fields.ts";
import { formatSize } from "../../units.ts";
import { base, faultKind } from "./fault.ts";
import { ramped, rateOver, writtenRamp } from "./ramped.ts";

const DEFAULT_BYTES = 100;

export const slowWriter = faultKind({
  kind: "slow-writer",
  stage: "writing",
  doc: "What connections send leaves a few bytes at a time: does the target wait for the rest of a frame without end, and what does it keep meanwhile? What waits leaves at once when the fault is over.",
  example: { at: "steady+10s", for: "60s", kind: "slow-writer", who: "5%", rate: "100/s" },
  shape: () =>
    strict({
      ...base("slow-writer", "Sends slowly."),
      rate: about(
        ramped(byteRate, ["1kb/s", "10/s"]).optional(),
        `Bytes that leave each of them in a second, spread over it. Default: ${formatSize(DEFAULT_BYTES)}/s.`,
        "100/s",
      ),
    }),
  lasts: () => "must",
  strict: ({ rate = DEFAULT_BYTES }) => ({ kind: "slow-writer", bytesPerSec: rate }),
  written: ({ bytesPerSec }) => ({
    rate: writtenRamp(bytesPerSec, (rate) => `${formatSize(rate)}/s`),
  }),
  action: {
    reach: "lasting",
    begin: (victim, { bytesPerSec }) =>
      victim.link({ direction: "out", ratePerSec: rateOver(bytesPerSec, victim.window) }),
    end: (victim) => victim.unlink(),
  },
});
