/**
 * Makes what templates render safe for a request line and for headers. Data files may hold anything; a line
 * break in a header would start another header. Called by the pool for each attempt that has placeholders.
 */

/** Percent-encodes what may not stand in a request target (RFC 3986); the rest is the scenario's business. */
export function pathText(rendered: string): string {
  return rendered.replace(/[^\x21-\x7e]+/gu, (run) => encodeURIComponent(run.toWellFormed()));
}

/** Control characters, line breaks among them, become spaces (RFC 9110 §5.5). */
export function headerText(rendered: string): string {
  return rendered.replace(/(?!\t)\p{Cc}/gu, " ");
}
