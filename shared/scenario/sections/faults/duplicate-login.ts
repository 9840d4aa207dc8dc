/** `kind: duplicate-login`: a user who is there twice. Listed in registry.ts. */
import { strict } from "../../shape/fields.ts";
import { HANDSHAKE_WEIGHT } from "./action.ts";
import { base, faultKind } from "./fault.ts";
import { ANSWERS, RIVALS } from "./outcome.ts";

export const duplicateLogin = faultKind({
  kind: "duplicate-login",
  stage: "connection",
  doc: "Each connection gets a second one beside it, by the very same handshake, until the fault is over. It is counted which of the two the target closes, and how soon.",
  example: { at: "steady+10s", for: "20s", kind: "duplicate-login", who: "5%" },
  tells: [...RIVALS, ...ANSWERS],
  shape: () => strict(base("duplicate-login", "Opens a second connection beside each.")),
  lasts: () => "must",
  strict: () => ({ kind: "duplicate-login" }),
  written: () => ({}),
  action: {
    reach: "lasting",
    weight: () => HANDSHAKE_WEIGHT,
    begin: (victim) => {
      if (!victim.isBack) victim.handshake({ request: "same", stays: true, waitUs: null });
    },
  },
});
