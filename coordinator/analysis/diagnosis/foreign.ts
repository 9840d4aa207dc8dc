/**
 * What a target says of itself, as sentences show it. Called by detectors. Pure. Invariant: nothing that a terminal, markdown or HTML takes
 * for more than text, and of a bounded length.
 */

const OTHER_THAN_NAMES = /[^\w.:/@-]/g;
const MAX_NAME_CHARS = 60;

/** Of a name, such as a server's. */
export function shownName(name: string): string {
  return shownText(name, OTHER_THAN_NAMES, MAX_NAME_CHARS);
}

/** @param others characters that are not shown, with the flag g @param most characters, beyond which it is cut off with "…" */
export function shownText(text: string, others: RegExp, most: number): string {
  const shown = text.replace(others, "?");
  return shown.length > most ? `${shown.slice(0, most)}…` : shown;
}
