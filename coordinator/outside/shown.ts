/** What others have written, as the outcome of a fault: one line, bounded. Invariant: it is cut where a secret is looked for in it, and no shorter before. */
import { oneLine } from "../../shared/log.ts";
import { createPartialMask } from "../../shared/scenario/mask/mask.ts";

/** Characters that are looked at. */
const MAX_HELD = 4096;
/** And shown. */
const MAX_SHOWN = 300;

export function held(text: string): string {
  return oneLine(text.trim(), MAX_HELD);
}

/** Others may repeat a secret in part. */
export function shown(text: string, secrets: readonly string[]): string {
  return oneLine(createPartialMask(secrets)(held(text)), MAX_SHOWN);
}
