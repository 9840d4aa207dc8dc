/** `kind: slow-handshake`: requests that dribble in. Listed in registry.ts. */
import { about, byteRate, strict } from "../../shape/fields.ts";
import { formatSize } from "../../units.ts";
import { base, faultKind } from "./fault.ts";
import { ANSWERS } from "./outcome.ts";

const DEFAULT_BYTES = 20;

export const slowHandshake = faultKind({
  kind: "slow-handshake",
  stage: "handshake",
  doc: "The request of each attempt to connect leaves a few bytes at a time: does the target wait for the rest of it without end? What waits leaves at once when the fault is over. Open connections stay: it shows with those that open, or come back.",
  example: { at: "steady+10s", for: "30s", kind: "slow-handshake", who: "20%", rate: "20/s" },
  tells: ANSWERS,
  shape: () =>
    strict({
      ...base("slow-handshake", "Sends the requests of handshakes slowly."),
      rate: about(
        byteRate().optional(),
        `Bytes of each request that leave in a second, spread over it. Default: ${formatSize(DEFAULT_BYTES)}/s.`,
        "20/s",
      ),
    }),
  lasts: () => "must",
  strict: ({ rate = DEFAULT_BYTES }) => ({ kind: "slow-handshake", bytesPerSec: rate }),
  written: ({ bytesPerSec }) => ({ rate: `${formatSize(bytesPerSec)}/s` }),
  action: {
    reach: "attempts",
    spoil: ({ bytesPerSec }) => ({ where: "request", bytesPerSec, stale: null }),
  },
});
