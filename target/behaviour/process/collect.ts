/** Pauses that grow with what is kept, as those of a garbage collector do when memory leaks, or when replies that wait pile up. */
import { z } from "zod";
import { ms } from "../dials.ts";
import { processBehaviour } from "./process-behaviour.ts";

const MB = 1_000_000;
/** Pauses below this are not worth one. */
const LEAST_MS = 0.1;

export const collect = processBehaviour(
  {
    name: "collect",
    shape: {
      msPerMb: z.number().positive().max(10_000),
      /** Bytes that a reply holds while it waits. */
      waitingBytes: z.int().min(0).max(16_777_216).default(0),
      mostMs: ms.default(5000),
    },
    counts: ["collections", "collectionMs"],
    doc: "every `everyMs` the whole process stands still for `msPerMb` times the megabytes it keeps (`memory`, and `waitingBytes` (0) for each reply that waits), `mostMs` (5 s) at most",
    example: { everyMs: 10, msPerMb: 1 },
  },
  ({ msPerMb, mostMs, waitingBytes }, hands) => {
    const bytes = hands.keptBytes + waitingBytes * hands.waiting;
    const forMs = Math.min(mostMs, (msPerMb * bytes) / MB);
    if (forMs < LEAST_MS) return;
    hands.standStill(forMs);
    hands.count("collections");
    hands.count("collectionMs", Math.round(forMs));
  },
);
