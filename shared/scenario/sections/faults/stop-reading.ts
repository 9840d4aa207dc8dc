/** `kind: stop-reading`: a client that takes nothing of what it is sent. Listed in registry.ts. */
import { strict } from "../../shape/fields.ts";
import { base, faultKind } from "./fault.ts";

export const stopReading = faultKind({
  kind: "stop-reading",
  stage: "reading",
  doc: "Connections read nothing: what the target sends fills the buffers on its way, until the target has to keep it, drop it or close. They go on sending. Replies that come afterwards are late.",
  example: { at: "steady+10s", for: "20s", kind: "stop-reading", who: "5%" },
  shape: () => strict(base("stop-reading", "Reads nothing of what the target sends.")),
  lasts: () => "must",
  strict: () => ({ kind: "stop-reading" }),
  written: () => ({}),
  action: {
    reach: "lasting",
    begin: (victim) => victim.hold(true),
    end: (victim) => victim.hold(false),
  },
});
