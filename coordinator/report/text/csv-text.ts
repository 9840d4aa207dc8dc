/**
 * Text in CSV files. Called by timeline-csv.ts and formats/csv.ts. Invariant: what a spreadsheet shows is the text, and
 * it runs nothing: a field that could start a formula is led by an apostrophe.
 */

/** As spreadsheets read it: after spaces, and in the wide forms of East Asian keyboards too. */
const FORMULA = /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/;

/** One field: quoted where it must be (RFC 4180), defused where a spreadsheet would run it. */
export function csvText(text: string): string {
  const harmless = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
