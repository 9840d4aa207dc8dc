/** What is said of an expression that cannot be compiled. Thrown by expression.ts, reported by whoever compiles. */

/** Why an expression cannot be compiled. `offset` is the position in its text. */
export class ExpressionError extends Error {
  override readonly name = "ExpressionError";
  readonly offset: number;
  readonly hint: string;

  constructor(message: string, offset: number, hint: string) {
    super(message);
    this.offset = offset;
    this.hint = hint;
  }
}
