/** `kind: bandwidth`: a narrow path. Listed in registry.ts. */
import { about, strict } from "../../shape/fields.ts";
import { MAX_SIZE_BYTES } from "../../units.ts";
import { base, faultKind } from "./fault.ts";
import { byteRate, direction } from "./network.ts";
import { ramped, rateOver, writtenRamp } from "./ramped.ts";

export const bandwidth = faultKind({
  kind: "bandwidth",
  stage: "network",
  doc: "So many bytes per second pass on each connection, each way. What is more waits, up to 1 MiB; then what the target sends stays with it, and messages that fall due are not sent.",
  example: { at: "steady+10s", for: "20s", kind: "bandwidth", who: "20%", rate: "16kb/s" },
  shape: () =>
    strict({
      ...base("bandwidth", "Limits the bytes per second of connections."),
      rate: about(
        ramped(() => byteRate(1, MAX_SIZE_BYTES), ["1mb/s", "64kb/s"]),
        "Bytes per second of each connection, without those of TLS, TCP and IP.",
        "16kb/s",
      ),
      direction: direction("both"),
    }),
  lasts: () => "must",
  strict: ({ rate, direction: way }) => ({
    kind: "bandwidth",
    ratePerSec: rate,
    direction: way,
  }),
  written: ({ ratePerSec, direction: way }) => ({
    rate: writtenRamp(ratePerSec, (rate) => rate),
    direction: way,
  }),
  action: {
    reach: "lasting",
    begin: (victim, { ratePerSec, direction: way }) =>
      victim.link({ direction: way, ratePerSec: rateOver(ratePerSec, victim.window) }),
    end: (victim) => victim.unlink(),
  },
});
