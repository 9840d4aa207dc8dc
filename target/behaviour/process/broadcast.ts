/** A message to everybody at once: what comes after it on a connection waits until it is through. */
import { Buffer } from "node:buffer";
import { z } from "zod";
import { processBehaviour } from "./process-behaviour.ts";

/** Of all copies of one message together, so that a broadcast cannot take all memory. */
const MAX_BYTES = 1_073_741_824;
const FILL = 0x20;

export const broadcast = processBehaviour(
  {
    name: "broadcast",
    shape: { bytes: z.int().min(1).max(16_777_216).default(65_536) },
    counts: ["broadcasts", "broadcastMessages"],
    doc: "every `everyMs` a text of `bytes` (65536) spaces goes to every open connection, up to 1 GiB in all; `broadcastMessages` counts deliveries, which `messagesOut` has as well",
    example: { everyMs: 10, bytes: 10 },
  },
  ({ bytes }, hands) => {
    const delivered = hands.toEveryone(Buffer.alloc(bytes, FILL), Math.floor(MAX_BYTES / bytes));
    if (delivered === 0) return;
    hands.count("broadcasts");
    hands.count("broadcastMessages", delivered);
  },
);
