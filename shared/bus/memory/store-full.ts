/** The error for bounds of the memory store that outsiders can reach; used by its parts. */
import { OnrushError } from "../../errors.ts";

/** @param what the bound that was reached, e.g. "1024 worker sessions" */
export function storeFull(what: string): OnrushError {
  return new OnrushError({
    code: "ONRUSH_LIMITS_TOO_LOW",
    message: `The bus holds ${what} already and takes no more.`,
    remedy: "End runs and workers that are no longer needed.",
  });
}
