/**
 * What worker processes write to their stdout and stderr, line by line with the worker's name in front.
 * Called by local-cluster.ts. Invariant: lines are bounded and cannot steer the terminal.
 */
import type { Readable } from "node:stream";
import { oneLine } from "../../shared/log.ts";

const MAX_LINE = 2000;

/** @param write takes whole lines, newline included */
export function prefixLines(stream: Readable, name: string, write: (line: string) => void): void {
  let rest = "";
  const emit = (line: string) => {
    if (line.trim() !== "") write(`[${name}] ${oneLine(line, MAX_LINE)}\n`);
  };
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => {
    const lines = `${rest}${text}`.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) emit(line);
    if (rest.length > MAX_LINE) {
      emit(rest);
      rest = "";
    }
  });
  stream.on("end", () => emit(rest));
  // A worker that died took its pipe along; its exit says all there is to say.
  stream.on("error", () => {});
}
