/** `stop-reading`: a client that takes nothing of what it is sent. Listed in registry.ts. */
import { asFaulty } from "../socket/driver.ts";
import type { FaultAction } from "./action.ts";

export const stopReading: FaultAction<"stop-reading"> = {
  kind: "stop-reading",
  reach: "lasting",
  begin: (victim) => asFaulty(victim.socket).hold(true),
  end: (victim) => asFaulty(victim.socket).hold(false),
};
