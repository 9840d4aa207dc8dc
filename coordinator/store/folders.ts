/**
 * Makes a folder and those above it, for whatever writes a run. Called by everything in this room that makes one, and by the
 * service. Invariant: it ends: Node's own (`recursive`) tries for ever where the system refuses with ENOENT, as below /proc.
 */
import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

/** Nothing where it is there. @throws what the system says */
export async function makeFolders(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const above = dirname(path);
    if (code === "ENOENT" && above !== path) {
      await makeFolders(above);
      await mkdir(path).catch(refuseUnlessThere(path));
    } else await refuseUnlessThere(path)(error);
  }
}

/** Somebody else may have made it meanwhile; a root that cannot be written to is there, too. */
function refuseUnlessThere(path: string): (error: unknown) => Promise<void> {
  return async (error) => {
    const found = await stat(path).catch(() => null);
    if (found === null || !found.isDirectory()) throw error;
  };
}
