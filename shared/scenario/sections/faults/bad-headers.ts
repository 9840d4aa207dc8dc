/** `kind: bad-headers`: handshakes that break a rule. Listed in registry.ts. */
import * as z from "zod";
import { about, strict } from "../../shape/fields.ts";
import { HANDSHAKE_WEIGHT } from "./action.ts";
import { base, faultKind } from "./fault.ts";
import { MALFORMATIONS } from "./malformation.ts";
import { ANSWERS } from "./outcome.ts";

export const badHeaders = faultKind({
  kind: "bad-headers",
  stage: "handshake",
  doc: "Beside each connection one handshake is made whose request breaks a rule of HTTP or of RFC 6455, and the answer is counted: a status, an end without one, or nothing. Open connections stay as they are.",
  example: { at: "steady+10s", kind: "bad-headers", who: "5%", how: "wrong-version" },
  tells: ANSWERS,
  shape: () =>
    strict({
      ...base("bad-headers", "Makes handshakes that break a rule."),
      how: about(
        z.enum(MALFORMATIONS),
        "wrong-version: Sec-WebSocket-Version is 7. missing-key: no Sec-WebSocket-Key. bad-key: one that is not 16 bytes in base64. duplicate-key: two of them. bad-upgrade: Upgrade names another protocol. oversized-header: a header of 64 KiB. bad-line: a header line without a colon. http-1.0: an upgrade by HTTP/1.0.",
        "wrong-version",
      ),
    }),
  lasts: () => "never",
  strict: ({ how }) => ({ kind: "bad-headers", how }),
  written: ({ how }) => ({ how }),
  action: {
    reach: "moment",
    weight: () => HANDSHAKE_WEIGHT,
    begin: (victim, { how }) => victim.handshake({ request: how, stays: false, waitUs: null }),
  },
});
