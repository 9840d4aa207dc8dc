/** `kind: oversize`: one message that is too large. Listed in registry.ts. */
import { about, size, strict } from "../../shape/fields.ts";
import { formatSize } from "../../units.ts";
import { base, faultKind } from "./fault.ts";
import { OUTCOMES } from "./outcome.ts";

const MAX_BYTES = 256 << 20;
/** What costs about as much as one message. */
const BYTES_PER_MESSAGE = 16 << 10;

export const oversize = faultKind({
  kind: "oversize",
  stage: "writing",
  doc: "Connections send one binary message of this size each: does the target refuse it, with 1009, before it has kept all of it?",
  example: { at: "steady+10s", kind: "oversize", who: "5%", size: "1mb" },
  tells: OUTCOMES,
  shape: () =>
    strict({
      ...base("oversize", "Sends one large message."),
      size: about(size(1, MAX_BYTES), "Of the message.", "1mb"),
    }),
  lasts: () => "never",
  strict: ({ size: bytes }) => ({ kind: "oversize", bytes }),
  written: ({ bytes }) => ({ size: formatSize(bytes) }),
  extra: (_, { connections }) => connections,
  action: {
    reach: "moment",
    weight: ({ bytes }) => Math.max(1, bytes / BYTES_PER_MESSAGE),
    begin: (victim, { bytes }) => {
      victim.sendExtra(1, bytes);
    },
  },
});
