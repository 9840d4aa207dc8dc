/** The end of a leak: the process is killed for want of memory, and another takes its place after a while. */
import { z } from "zod";
import { processBehaviour } from "./process-behaviour.ts";

export const exhaust = processBehaviour(
  {
    name: "exhaust",
    shape: {
      atBytes: z.int().min(1).max(8_589_934_592),
      forMs: z.number().min(1).max(3_600_000).default(2000),
    },
    counts: ["exhausted"],
    doc: "looks every `everyMs` whether `atBytes` are kept (`memory`): then every connection is lost by RST, none is accepted `forMs` (2 s), and the memory is free again. Also in `outages`",
    example: { everyMs: 10, atBytes: 1, forMs: 10 },
  },
  ({ atBytes, forMs }, hands) => {
    if (hands.keptBytes < atBytes) return;
    hands.count("exhausted");
    hands.release();
    hands.fail(forMs);
  },
);
