/**
 * Plain log lines on stderr, for workers and services; what a person reads of a run comes from the
 * coordinator's terminal instead. Used by everything in the control plane, never by the data plane.
 * Invariant: one call is one line of bounded length, whatever the text holds.
 */
export type LogLevel = "info" | "warn" | "error";

export interface Log {
  info(text: string): void;
  warn(text: string): void;
  error(text: string): void;
}

const MAX_LINE = 2000;
const RANK: Readonly<Record<LogLevel, number>> = { info: 0, warn: 1, error: 2 };

/**
 * @param name who speaks; shown in front of each line
 * @param least lines below this level are left out
 */
export function createLog(
  name: string,
  least: LogLevel,
  write: (line: string) => void = (line) => process.stderr.write(line),
): Log {
  const line = (level: LogLevel) => (text: string) => {
    if (RANK[level] < RANK[least]) return;
    write(`${oneLine(`${name} ${level}: ${text}`, MAX_LINE)}\n`);
  };
  return { info: line("info"), warn: line("warn"), error: line("error") };
}

/** C0 and C1 controls, line separators and marks that turn the direction of text. */
const UNPRINTABLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is for
  /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** The text on one line, without anything that could steer a terminal, cut to `maxLength` characters. */
export function oneLine(text: string, maxLength: number): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text;
  return cut.replace(UNPRINTABLE, " ");
}

/** A pipe without a reader, and a terminal that was closed. */
const READER_GONE = new Set(["EPIPE", "EIO", "ENXIO"]);

/**
 * Whoever reads this process' output may go away (`| head`, a collector of logs, a window), and the disk below a log may be
 * full: neither ends what the process does.
 * @param lost takes what else than a reader that went away kept standard output from being written, such as a full disk
 */
export function outliveReaders(lost?: (error: Error) => void): void {
  process.stderr.on("error", () => {});
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (!READER_GONE.has(error.code ?? "")) lost?.(error);
  });
}

/**
 * Writes a text in two parts: a file that has room for some of it takes that without an error, and only what follows gets one.
 */
export function writeWhole(stream: NodeJS.WriteStream, text: string | Uint8Array): void {
  const cut = Math.max(0, text.length - 1);
  stream.write(text.slice(0, cut));
  stream.write(text.slice(cut));
}
