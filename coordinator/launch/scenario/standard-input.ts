/**
 * A scenario from standard input: `onrush run -`. Called by cli/scenario.ts. Invariant: no more is read than a scenario may
 * have, and nobody waits for a terminal that does not know it is asked.
 */
import { OnrushError } from "../../../shared/errors.ts";

/** What a command line says in place of a file. */
export const STANDARD_INPUT = "-";
/** Its name in messages; files the scenario names are relative to the working directory. */
export const STANDARD_INPUT_NAME = "stdin";

/**
 * At most a little more than allowed, which is enough to see that there is too much.
 * @throws OnrushError ONRUSH_SCENARIO_UNREADABLE for a terminal, and for nothing at all
 */
export async function readStandardInput(maxBytes: number): Promise<Buffer> {
  if (process.stdin.isTTY) {
    throw unreadable("standard input is a terminal", "pipe one in: onrush run - < scenario.yaml");
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of process.stdin) {
      chunks.push(chunk as Buffer);
      bytes += (chunk as Buffer).length;
      if (bytes > maxBytes) break;
    }
  } catch (error) {
    throw unreadable("standard input cannot be read", String((error as Error).message));
  }
  const content = Buffer.concat(chunks);
  if (content.toString("latin1").trim() !== "") return content;
  throw unreadable("standard input is empty", "look at the command that was to write it");
}

function unreadable(what: string, remedy: string): OnrushError {
  return new OnrushError({
    code: "ONRUSH_SCENARIO_UNREADABLE",
    message: `cannot read the scenario: ${what}`,
    remedy,
  });
}
