/** A proper answer that never comes to its end, one byte at a time: as a server does that is starved or hostile. */
import { z } from "zod";
import { acceptResponse } from "../../connection/handshake.ts";
import { picking } from "../dials.ts";
import { upgradeBehaviour } from "./upgrade-behaviour.ts";

export const trickle = upgradeBehaviour(
  {
    name: "trickle",
    rule: picking({ everyMs: z.number().min(1).max(60_000).default(100) }),
    counts: ["upgradesTrickled"],
    doc: "a proper 101, one byte `everyMs` (100), of which the last never comes",
    example: { count: 1, everyMs: 1 },
  },
  (request, { everyMs }, hands) => {
    hands.count("upgradesTrickled");
    hands.trickle(acceptResponse(request.headers.get("sec-websocket-key") ?? "", ""), everyMs);
  },
);
