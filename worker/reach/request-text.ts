/**
 * Makes what a template renders fit for a request line. Called for each attempt that has placeholders. What no request can
 * carry is left in: the driver refuses it, and the attempt fails by the scenario's fault instead of sending something else.
 */

/** Percent-encodes characters beyond ASCII; values are encoded already, see compileUrl. */
export function pathText(rendered: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant.
  return rendered.replace(/[^\x00-\x7f]+/g, (run) => encodeURIComponent(run.toWellFormed()));
}
