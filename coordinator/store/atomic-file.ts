/**
 * Writes a whole file so that a reader, or a crash at any moment, sees the old content or the new one,
 * never a part: temporary file beside it, fsync, rename, fsync of the directory.
 */
import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/** Names of files that a killed writer has left behind. */
export const TEMPORARY = /\.tmp-\d+$/;

/** Small parts are written together, about this many characters at a time. */
const WRITE_CHARS = 256 * 1024;

/** Replaces `path`. @throws the file system's error; the temporary file is removed then. */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array | Iterable<string>,
): Promise<void> {
  const temporary = `${path}.tmp-${process.pid}`;
  try {
    const file = await open(temporary, "w");
    try {
      if (typeof content === "string" || content instanceof Uint8Array) {
        await file.writeFile(content);
      } else {
        for (const part of gathered(content)) await file.writeFile(part);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
}

/** Makes the names in a directory durable. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function* gathered(parts: Iterable<string>): Generator<string> {
  let waiting = "";
  for (const part of parts) {
    waiting += part;
    if (waiting.length < WRITE_CHARS) continue;
    yield waiting;
    waiting = "";
  }
  yield waiting;
}
