/** `hold`: the phase lasts longer. Listed in registry.ts. Invariant: once, by as much as is written, so the run has a known end. */
import { durationUpTo } from "../../shape/fields.ts";
import { formatDuration } from "../../units.ts";
import { actionKind } from "./action.ts";

export interface HoldAct {
  readonly kind: "hold";
  readonly byUs: number;
}

export const hold = actionKind({
  kind: "hold",
  doc: "Has the phase that goes on last so much longer (24h at most); all that follows comes later. Of phases that keep their number of connections: `hold` and `burst`.",
  example: { hold: "30s" },
  shape: () => durationUpTo("24h"),
  strict: (byUs): HoldAct => ({ kind: "hold", byUs }),
  written: ({ byUs }) => ({ hold: formatDuration(byUs) }),
  redacted: (act) => act,
  isIdempotent: false,
  perform: ({ byUs }, { stretchPhase }) => Promise.resolve(stretchPhase(byUs)),
});
