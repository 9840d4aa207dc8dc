/** `kind: protocol`: what no client may send. Listed in registry.ts. */
import * as z from "zod";
import { about, strict } from "../../shape/fields.ts";
import { BREACHES } from "./breach.ts";
import { base, faultKind } from "./fault.ts";
import { OUTCOMES } from "./outcome.ts";

export const protocol = faultKind({
  kind: "protocol",
  stage: "protocol",
  doc: "Connections break the WebSocket protocol once, or send a message that is damaged; what the target did is counted: closed, and with which code, cut, or went on. RFC 6455 wants 1002, for `bad-utf8` 1007.",
  example: { at: "steady+10s", kind: "protocol", who: "5%", how: "bad-opcode" },
  tells: OUTCOMES,
  shape: () =>
    strict({
      ...base("protocol", "Sends what no client may send."),
      how: about(
        z.enum(BREACHES),
        "bad-opcode: a frame of opcode 3. reserved-bits: RSV1 to RSV3 set. unmasked: a frame without a mask. bad-utf8: a text message that is none. bad-close-code: a Close frame with 1005. corrupt-payload: a message of the mix, the lowest bit of its first 16 bytes the other way round.",
        "bad-opcode",
      ),
    }),
  lasts: () => "never",
  strict: ({ how }) => ({ kind: "protocol", how }),
  written: ({ how }) => ({ how }),
  extra: (_, { connections }) => connections,
  action: {
    reach: "moment",
    begin: (victim, { how }) => victim.breach(how),
  },
});
