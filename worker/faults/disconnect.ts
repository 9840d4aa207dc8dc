/** `disconnect`: an open connection ends. Listed in registry.ts. */
import { asFaulty } from "../socket/driver.ts";
import type { FaultAction } from "./action.ts";

export const disconnect: FaultAction<"disconnect"> = {
  kind: "disconnect",
  reach: "once",
  begin(victim, { how, code }, hands) {
    const signature = `disconnect ${how}`;
    if (how === "close") {
      victim.closeByFault(code, signature);
      return;
    }
    const socket = asFaulty(victim.socket);
    if (how === "reset") socket.abort(true);
    else {
      socket.vanish();
      hands.keepOpen(socket);
    }
    victim.cutByFault(signature);
  },
};
