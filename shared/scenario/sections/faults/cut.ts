/** `kind: cut`: connections break in the middle of what they carry. Listed in registry.ts. */
import { about, duration, exactlyOne, size, strict } from "../../shape/fields.ts";
import { formatDuration, MAX_SIZE_BYTES } from "../../units.ts";
import { base, faultKind } from "./fault.ts";

export const cut = faultKind({
  kind: "cut",
  stage: "network",
  doc: "Each connection ends by RST after a time, or a number of bytes, of its own; also those that it comes back on, until the fault is over. With TLS the transport just ends.",
  example: { at: "steady+10s", for: "20s", kind: "cut", who: "20%", after: "5s" },
  shape: () =>
    strict({
      ...base("cut", "Ends each connection after a time, or a number of bytes, of its own."),
      after: about(
        duration().optional(),
        "The time is a random one up to this, the same in each run of the same seed.",
        "5s",
      ),
      bytes: about(
        size(1, MAX_SIZE_BYTES).optional(),
        "The number of bytes, of both directions, is a random one up to this.",
        "64kb",
      ),
    }).superRefine(exactlyOne(["after", "bytes"], "cut")),
  lasts: () => "must",
  strict: ({ after, bytes }) => ({
    kind: "cut",
    afterUs: after ?? null,
    bytes: bytes ?? null,
  }),
  written: ({ afterUs, bytes }) => ({
    ...(afterUs !== null && { after: formatDuration(afterUs) }),
    ...(bytes !== null && { bytes }),
  }),
  action: {
    reach: "lasting",
    begin(victim, { afterUs, bytes }) {
      const part = 1 - victim.draw();
      victim.link({
        direction: "both",
        cut: {
          afterUs: part * (afterUs ?? Number.POSITIVE_INFINITY),
          afterBytes: Math.ceil(part * (bytes ?? Number.POSITIVE_INFINITY)),
          signature: afterUs === null ? "cut by bytes" : "cut by time",
        },
      });
    },
    end: (victim) => victim.unlink(),
  },
});
