/** `refuse-pong`: a client that is there and answers no ping. Listed in registry.ts. */
import { asFaulty } from "../socket/driver.ts";
import type { FaultAction } from "./action.ts";

export const refusePong: FaultAction<"refuse-pong"> = {
  kind: "refuse-pong",
  reach: "lasting",
  begin: (victim) => asFaulty(victim.socket).mute(true),
  end: (victim) => asFaulty(victim.socket).mute(false),
};
