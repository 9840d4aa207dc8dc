/** `kind: refuse-pong`: a client that is there and answers no ping. Listed in registry.ts. */
import { strict } from "../../shape/fields.ts";
import { base, faultKind } from "./fault.ts";

export const refusePong = faultKind({
  kind: "refuse-pong",
  stage: "reading",
  doc: "Connections answer no ping of the protocol, and are otherwise as before: does the target notice, and how soon?",
  example: { at: "steady+10s", for: "60s", kind: "refuse-pong", who: "10%" },
  shape: () => strict(base("refuse-pong", "Answers no ping.")),
  lasts: () => "must",
  strict: () => ({ kind: "refuse-pong" }),
  written: () => ({}),
  action: {
    reach: "lasting",
    begin: (victim) => victim.mute(true),
    end: (victim) => victim.mute(false),
  },
});
