/**
 * A command as it is typed into a POSIX shell. Called by the reports, for the line that runs a run again.
 * Invariant: each word arrives as it is, whatever it holds; nothing in it is executed or expanded.
 */

export function shellCommand(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : quoted(word))).join(" ");
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
