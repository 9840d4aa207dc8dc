/** `kind: idle`: clients that are there and say nothing. Listed in registry.ts. */
import { strict } from "../../shape/fields.ts";
import { base, faultKind } from "./fault.ts";

export const idle = faultKind({
  kind: "idle",
  stage: "connection",
  doc: "Connections send nothing of what is planned: no messages, answers or steps, and no pings of `heartbeat`. They answer pings, and read. Does the target close them, and how soon?",
  example: { at: "steady+10s", for: "60s", kind: "idle", who: "20%" },
  shape: () => strict(base("idle", "Sends nothing of what is planned.")),
  lasts: () => "must",
  strict: () => ({ kind: "idle" }),
  written: () => ({}),
  action: {
    reach: "lasting",
    begin: (victim) => victim.silence(true),
    end: (victim) => victim.silence(false),
  },
});
