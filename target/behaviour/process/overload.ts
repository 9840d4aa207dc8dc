/** A process that dies of too many connections, as one does whose memory was meant for fewer. */
import { z } from "zod";
import { count } from "../dials.ts";
import { processBehaviour } from "./process-behaviour.ts";

export const overload = processBehaviour(
  {
    name: "overload",
    shape: { connections: count, forMs: z.number().min(1).max(3_600_000).default(2000) },
    counts: ["overloads"],
    doc: "looks every `everyMs` whether more than `connections` are open: then every connection is lost by RST, and none is accepted `forMs` (2 s). Also in `outages`",
    example: { everyMs: 10, connections: 0, forMs: 10 },
  },
  ({ connections, forMs }, hands) => {
    if (hands.open <= connections) return;
    hands.count("overloads");
    hands.fail(forMs);
  },
);
