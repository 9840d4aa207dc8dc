/**
 * Numbers as people write them, and whether the program holds just that number. Called for the scenario file, for
 * `--set` and for `-e`. Invariant: a number that passes is held digit for digit; nothing is rounded silently.
 */

/** What is wrong with a number, and how to fix it. */
export interface NumberFault {
  readonly what: string;
  readonly hint: string;
}

const DECIMAL = /^[-+]?(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:[eE]([-+]?\d{1,9}))?$/;
/** In every hint: what to do when text was meant. */
export const QUOTE_IT = "quote it to send it as text";

/** Why `text`, a number in YAML or on the command line, cannot be taken; null when `value` is exactly it. */
export function numberFault(text: string, value: number): NumberFault | null {
  if (/^[-+]?0[xob]/i.test(text)) {
    const what = `${text} is a number in another base`;
    return { what, hint: `write ${value}, or ${QUOTE_IT}` };
  }
  if (/^[-+]?0\d/.test(text)) {
    const what = `${text} begins with a zero, which a number does not keep`;
    return { what, hint: `write ${value}, or ${QUOTE_IT}` };
  }
  if (!Number.isFinite(value)) {
    return { what: "not a finite number", hint: "write an ordinary number, or quote the text" };
  }
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    return { what: "the number is too large to be held exactly", hint: QUOTE_IT };
  }
  if (digitsOf(text) === digitsOf(String(value))) return null;
  const what = "the number has more digits than can be held exactly";
  return { what, hint: `write ${value}, or ${QUOTE_IT}` };
}

/** As numberFault, for a number that text may be made of: it is written as `value` is, not as it was typed. */
export function writtenNumberFault(text: string, value: number): NumberFault | null {
  const fault = numberFault(text, value);
  if (fault !== null || text === String(value)) return fault;
  return { what: `${text} would be sent as ${value}`, hint: `write ${value}, or ${QUOTE_IT}` };
}

/** Sign, digits and exponent of a decimal number, whatever way it is written; null for other text. */
function digitsOf(text: string): string | null {
  const match = DECIMAL.exec(text);
  if (match === null) return null;
  const fraction = match[2] ?? match[3] ?? "";
  const all = `${match[1] ?? ""}${fraction}`.replace(/^0+/, "");
  const digits = all.replace(/0+$/, "");
  if (digits === "") return "0";
  const exponent = Number(match[4] ?? 0) - fraction.length + (all.length - digits.length);
  return `${text.startsWith("-") ? "-" : ""}${digits}e${exponent}`;
}
