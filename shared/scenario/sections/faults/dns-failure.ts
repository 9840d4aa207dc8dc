/** `kind: dns-failure`: names that do not resolve. Listed in registry.ts. */
import { strict } from "../../shape/fields.ts";
import { base, faultKind } from "./fault.ts";

export const dnsFailure = faultKind({
  kind: "dns-failure",
  stage: "network",
  doc: "Attempts to connect fail at once, as when the name of the target does not resolve. Open connections stay: it shows with those that open, or come back.",
  example: { at: "steady+10s", for: "5s", kind: "dns-failure", who: "50%" },
  shape: () =>
    strict(base("dns-failure", "Has attempts to connect fail as when the name does not resolve.")),
  lasts: () => "must",
  strict: () => ({ kind: "dns-failure" }),
  written: () => ({}),
  action: {
    reach: "attempts",
    spoil: () => ({ where: "name", signature: "dns-failure" }),
  },
});
