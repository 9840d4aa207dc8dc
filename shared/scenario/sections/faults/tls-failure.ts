/** `kind: tls-failure`: certificates that are not accepted. Listed in registry.ts. */
import { strict } from "../../shape/fields.ts";
import { base, faultKind } from "./fault.ts";

export const tlsFailure = faultKind({
  kind: "tls-failure",
  stage: "network",
  doc: "Attempts to connect fail because the client does not accept the certificate of the target, which sees the TLS handshake and its end. Without TLS they fail at once. Open connections stay.",
  example: { at: "steady+10s", for: "5s", kind: "tls-failure", who: "50%" },
  shape: () => strict(base("tls-failure", "Has clients not accept the certificate of the target.")),
  lasts: () => "must",
  strict: () => ({ kind: "tls-failure" }),
  written: () => ({}),
  action: {
    reach: "attempts",
    spoil: () => ({ where: "tls", signature: "tls-failure" }),
  },
});
