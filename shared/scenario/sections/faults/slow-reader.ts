/**
 * `kind: slow-reader`: a client that takes what it is sent more slowly than it comes. Listed in registry.ts. Invariant: over any time
 * it reads at most what its rate allows, and one read more.
 */
import { about, byteRate, strict } from "../../shape/fields.ts";
import { formatSize } from "../../units.ts";
import { base, faultKind } from "./fault.ts";

const DEFAULT_BYTES = 1024;
const SECOND_US = 1_000_000;

export const slowReader = faultKind({
  kind: "slow-reader",
  stage: "reading",
  doc: "Connections read no more than so many bytes a second, in reads of at most 64 KB: does the target wait for them, drop what they miss, or close?",
  example: { at: "steady+10s", for: "60s", kind: "slow-reader", who: "5%", rate: "1kb/s" },
  shape: () =>
    strict({
      ...base("slow-reader", "Reads slowly what the target sends."),
      rate: about(
        byteRate().optional(),
        `How much each of them reads. Default: ${formatSize(DEFAULT_BYTES)}/s.`,
        "1kb/s",
      ),
    }),
  lasts: () => "must",
  strict: ({ rate = DEFAULT_BYTES }) => ({ kind: "slow-reader", bytesPerSec: rate }),
  written: ({ bytesPerSec }) => ({ rate: `${formatSize(bytesPerSec)}/s` }),
  action: {
    reach: "lasting",
    begin: (victim) => {
      victim.done = victim.readBytes;
      victim.sip(true);
    },
    beat: (victim, { bytesPerSec }) => {
      const allowed = (victim.elapsedUs / SECOND_US) * bytesPerSec;
      if (victim.readBytes - victim.done <= allowed) victim.mayRead();
    },
    end: (victim) => victim.sip(false),
  },
});
