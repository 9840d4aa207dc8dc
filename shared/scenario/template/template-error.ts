/**
 * Why a template cannot be compiled. Thrown by the files that compile templates, caught by the checks, which know
 * where in the file it stands. Invariant: the message holds no value, only what the author wrote.
 */

/** Why a template cannot be compiled; `offset` is the position in its text. */
export class TemplateError extends Error {
  override readonly name = "TemplateError";
  readonly offset: number;
  readonly hint: string;
  /** What is unknown, when that is the reason: `vars.x`, `data.users`. */
  readonly unknown: string | null;

  constructor(message: string, offset: number, hint: string, unknown: string | null = null) {
    super(message);
    this.offset = offset;
    this.hint = hint;
    this.unknown = unknown;
  }

  /** The same error, seen from a text in which this one starts at `offset`. */
  shifted(offset: number): TemplateError {
    return new TemplateError(this.message, this.offset + offset, this.hint, this.unknown);
  }
}
