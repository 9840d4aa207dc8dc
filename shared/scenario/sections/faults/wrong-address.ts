/** `kind: wrong-address`: addresses where nobody is. Listed in registry.ts. */
import { strict } from "../../shape/fields.ts";
import { base, faultKind } from "./fault.ts";

export const wrongAddress = faultKind({
  kind: "wrong-address",
  stage: "network",
  doc: "Attempts to connect get no answer until `connect.timeout`, as when the name leads to an address where nobody is. Nothing is sent to any address. Open connections stay.",
  example: { at: "steady+10s", for: "5s", kind: "wrong-address", who: "50%" },
  shape: () => strict(base("wrong-address", "Has attempts to connect get no answer.")),
  lasts: () => "must",
  strict: () => ({ kind: "wrong-address" }),
  written: () => ({}),
  action: {
    reach: "attempts",
    spoil: () => ({ where: "address", signature: "wrong-address" }),
  },
});
