/**
 * Splits the input `args` into words as a shell would: blanks, single and double quotes, backslashes. Called by run.mjs.
 * Invariant: nothing is expanded or executed.
 */

const WORD = /(?:[^\s'"\\]|\\[\s\S]|'[^']*'|"(?:[^"\\]|\\[\s\S])*")+/gy;
const PIECE = /\\([\s\S])|'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|([^\s'"\\]+)/g;

/** @throws Error for a quote or backslash without its other half */
export function words(text) {
  const found = [];
  let at = 0;
  while (true) {
    while (/\s/.test(text[at] ?? "")) at++;
    if (at >= text.length) return found;
    WORD.lastIndex = at;
    const word = WORD.exec(text)?.[0];
    if (word === undefined)
      throw new Error(`args: a quote or backslash is left open in: ${text.slice(at)}`);
    found.push(unquoted(word));
    at += word.length;
    if (at < text.length && !/\s/.test(text[at])) {
      throw new Error(`args: a quote or backslash is left open in: ${text.slice(at)}`);
    }
  }
}

function unquoted(word) {
  return word.replace(PIECE, (...groups) => {
    const [, escaped, single, double, plain] = groups;
    if (escaped !== undefined) return escaped;
    if (double !== undefined) return double.replace(/\\(["\\])/g, "$1");
    return single ?? plain;
  });
}
