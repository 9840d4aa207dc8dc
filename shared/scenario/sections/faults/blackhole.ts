/** `kind: blackhole`: a path that swallows everything, for a time. Listed in registry.ts. */
import { strict } from "../../shape/fields.ts";
import { base, faultKind } from "./fault.ts";

export const blackhole = faultKind({
  kind: "blackhole",
  stage: "network",
  doc: "Nothing passes on connections, either way, and neither side gets an error. When it is over, all that was held back arrives, once and in order, as when TCP sends it again.",
  example: { at: "steady+10s", for: "5s", kind: "blackhole", who: "10%" },
  shape: () => strict(base("blackhole", "Lets nothing pass, either way.")),
  lasts: () => "must",
  strict: () => ({ kind: "blackhole" }),
  written: () => ({}),
  action: {
    reach: "lasting",
    begin: (victim) => victim.link({ direction: "both", blocked: true }),
    end: (victim) => victim.unlink(),
  },
});
