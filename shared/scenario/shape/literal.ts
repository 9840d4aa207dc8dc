/** Text of a scenario that is written back. Used by sections and kinds where they write what they have read. */

/** Text in a place where placeholders have a value before the run, and this is no placeholder. */
export function literal(text: string): string {
  return text.replaceAll("{{", "{{{{");
}
