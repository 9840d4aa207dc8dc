/** `kind: reconnect-storm`: connections are cut at once, and all come back at once. Listed in registry.ts. */
import { about, moment, strict } from "../../shape/fields.ts";
import { formatDuration } from "../../units.ts";
import { base, faultKind } from "./fault.ts";

export const reconnectStorm = faultKind({
  kind: "reconnect-storm",
  stage: "connection",
  doc: "Connections are cut at once, by RST, and all connect again immediately, or within `spread`, whatever `connect.reconnect` says: how many handshakes a second does the target take?",
  example: { at: "steady+10s", kind: "reconnect-storm", who: "30%", spread: "500ms" },
  shape: () =>
    strict({
      ...base("reconnect-storm", "Cuts connections, and has all of them come back at once."),
      spread: about(
        moment().optional(),
        "Each comes back after a part of this time, chosen by seed. Later attempts go by `connect.reconnect`. Default: 0s.",
        "500ms",
      ),
    }),
  lasts: () => "never",
  strict: ({ spread = 0 }) => ({ kind: "reconnect-storm", spreadUs: spread }),
  written: ({ spreadUs }) => ({ spread: formatDuration(spreadUs) }),
  action: {
    reach: "once",
    begin: (victim, { spreadUs }) => victim.resetAndReturn("reconnect-storm", spreadUs),
  },
});
