/** The error every transport rejects with once its side was closed or its peer has gone. */
import { OnrushError } from "../errors.ts";

export function busClosed(cause?: unknown): OnrushError {
  return new OnrushError({
    code: "ONRUSH_BUS_CLOSED",
    message: "The connection to the bus is closed.",
    ...(cause === undefined ? {} : { cause }),
  });
}

export function isBusClosed(error: unknown): boolean {
  return error instanceof OnrushError && error.code === "ONRUSH_BUS_CLOSED";
}
