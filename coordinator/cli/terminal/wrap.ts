/**
 * Lines that are wider than the terminal, broken where a reader would break them and indented under their label. Called
 * by result.ts. Invariant: nothing is cut, a number stays with its unit, and a word that does not fit stays whole.
 */

/** Colours take no room. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they begin with ESC
const COLOUR = /\u001b\[[0-9;]*m/g;
/** Better places to break come first: between figures, after a comma, before a bracket; then between words. */
const BREAKS = [/ {2}(?=\S)/g, /, (?=\S)|: (?=\S)/g, / (?=\()/g, / (?=\S)/g] as const;
/** A break earlier than this leaves too little on the line. */
const MIN_SHARE = 0.4;

export function visibleLength(text: string): number {
  return text.replace(COLOUR, "").length;
}

/** @param indent of the lines that follow */
export function wrapLine(line: string, columns: number, indent: number): string[] {
  const lines: string[] = [];
  let rest = line;
  while (visibleLength(rest) > columns) {
    const at = breakIn(rest, columns, indent);
    if (at === null) break;
    lines.push(rest.slice(0, at).trimEnd());
    rest = " ".repeat(indent) + rest.slice(at).trimStart();
  }
  return [...lines, rest];
}

function breakIn(text: string, columns: number, indent: number): number | null {
  for (const [rank, pattern] of BREAKS.entries()) {
    const least = rank === BREAKS.length - 1 ? indent : Math.max(indent, columns * MIN_SHARE);
    const fitting = [...text.matchAll(pattern)]
      .map(({ index, 0: found }) => index + found.length)
      .filter((end) => {
        const width = visibleLength(text.slice(0, end).trimEnd());
        return width <= columns && width > least;
      });
    const last = fitting.at(-1);
    if (last !== undefined) return last;
  }
  return null;
}
