/** What others have written, as the outcome of a fault: one line, bounded. */
import { oneLine } from "../../shared/log.ts";

/** Characters. */
const MAX_OUTCOME = 300;

export function shown(text: string): string {
  return oneLine(text.trim(), MAX_OUTCOME);
}
