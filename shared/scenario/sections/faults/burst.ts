/** `kind: burst`: many messages in one moment. Listed in registry.ts. */
import { about, size, strict, whole } from "../../shape/fields.ts";
import { formatSize } from "../../units.ts";
import { base, faultKind } from "./fault.ts";

const MAX_MESSAGES = 10_000;
const MAX_BYTES = 16 << 20;

export const burst = faultKind({
  kind: "burst",
  stage: "writing",
  doc: "Connections send so many messages at once, beside those that are planned. They are counted apart from those of the mix, and nothing is expected of them.",
  example: { at: "steady+10s", kind: "burst", who: "10%", messages: 50 },
  shape: () =>
    strict({
      ...base("burst", "Sends many messages at once."),
      messages: about(whole(1, MAX_MESSAGES), "How many each connection sends.", 50),
      size: about(
        size(1, MAX_BYTES).optional(),
        "Binary messages of so many bytes. Default: messages of the connection's mix, or of 64 bytes where it has none.",
        "1kb",
      ),
    }),
  lasts: () => "never",
  strict: ({ messages, size: bytes = null }) => ({ kind: "burst", messages, bytes }),
  written: ({ messages, bytes }) => ({
    messages,
    ...(bytes !== null && { size: formatSize(bytes) }),
  }),
  extra: ({ messages }, { connections }) => messages * connections,
  action: {
    reach: "moment",
    weight: ({ messages }) => messages,
    begin: (victim, { messages, bytes }) => {
      victim.sendExtra(messages, bytes);
    },
  },
});
