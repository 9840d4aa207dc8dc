/**
 * Reads a file of this machine that a user names: a scenario, or what it names itself. Used by answer.ts and by the
 * commands that take a scenario. Invariant: it may grow, or never end, and still no more is read than is allowed.
 */
import { closeSync, openSync, readSync } from "node:fs";

/** At most one byte more than allowed, which is enough to see that there is too much. */
export function readBounded(path: string, maxBytes: number): Buffer {
  const file = openSync(path, "r");
  try {
    const chunks: Buffer[] = [];
    let room = maxBytes + 1;
    while (room > 0) {
      const chunk = Buffer.alloc(Math.min(room, 64 * 1024));
      const got = readSync(file, chunk);
      if (got === 0) break;
      chunks.push(chunk.subarray(0, got));
      room -= got;
    }
    return Buffer.concat(chunks);
  } finally {
    closeSync(file);
  }
}
