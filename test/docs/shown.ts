/**
 * Compares what a document shows with what a command printed: numbers, times and names of runs may differ, words may
 * not. Used by the tests of documents. Invariant: exit codes are compared as they are.
 */

/** Runs, numbers and their units each become one sign; blanks are one blank. */
export function normalised(line: string): string {
  return (
    line
      .replace(/\b\d{8}-\d{6}-[\w-]*?[0-9a-f]{6}\b/g, "RUN")
      .replace(/\b[0-9a-f]{40,}\b/g, "HASH")
      .replace(/^id: [0-9a-f]{8}-\d+$/, "id: EVENT")
      // Exit codes and HTTP statuses are words.
      .replace(
        /\b(exit(?: code)? |HTTP\/1\.1 |"status": ?)(\d+)/g,
        (_, words: string, code: string) => words + letters(code),
      )
      .replace(/^\d{3}$/, letters)
      .replace(/\d[\d.,:]*(?<![.,:])/g, "#")
      .replace(/# ?(µs|ms|s|min|h)\b/g, "# TIME")
      .replace(/# (connection|message|second|worker|engine|process|core)(es|s)?\b/g, "# $1")
      .replace(/\s+/g, " ")
      .trim()
  );
}

function letters(code: string): string {
  return code.replace(/\d/g, (digit) => "abcdefghij"[Number(digit)] ?? "");
}

/** Lines that are shown and were not printed; `…` stands for anything, alone on a line for any number of lines. */
export function missingLines(shown: readonly string[], printed: string): string[] {
  const lines = new Set(printed.split("\n").map(normalised));
  return shown.filter((line) => {
    if (/^[\s…]*$/.test(line) || lines.has(normalised(line))) return false;
    const parts = normalised(line)
      .split("…")
      .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
    const pattern = new RegExp(`^${parts.join(".*")}$`);
    return parts.length === 1 || ![...lines].some((other) => pattern.test(other));
  });
}

/** As missingLines, of one JSON document, however it is laid out; null when either is none. */
export function missingValues(shown: readonly string[], printed: string): string[] | null {
  try {
    const values = new Set(valuesOf(JSON.parse(printed)));
    return valuesOf(JSON.parse(shown.join("\n"))).filter((value) => !values.has(value));
  } catch {
    return null;
  }
}

function valuesOf(value: unknown, path = ""): string[] {
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).flatMap(([key, child]) =>
      valuesOf(child, Array.isArray(value) ? `${path}[]` : `${path}.${key}`),
    );
  }
  if (/\.(status|line|column|exitCode)$/.test(path)) return [`${path} = ${JSON.stringify(value)}`];
  return [normalised(`${path} = ${JSON.stringify(value)}`)];
}

/** Names of runs a document shows, each with the one that was printed in its place. */
export function runsIn(shown: readonly string[], printed: string): Map<string, string> {
  const pattern = /\b\d{8}-\d{6}-[\w-]*?[0-9a-f]{6}\b/g;
  const found = new Map<string, string>();
  for (const line of shown) {
    const like = printed.split("\n").find((other) => normalised(other) === normalised(line)) ?? "";
    const actual = like.match(pattern) ?? [];
    for (const [at, name] of (line.match(pattern) ?? []).entries()) {
      const other = actual[at];
      if (other !== undefined) found.set(name, other);
    }
  }
  return found;
}
