/**
 * Broken invariants are bugs: they throw at once, the process dies, its lease runs out. Never used
 * for input, the target or the network; those are data or operating errors (errors.ts).
 */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

/** @throws InvariantError when `condition` is false. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** For the default branch of an exhaustive switch. @throws InvariantError always. */
export function unreachable(value: never, what: string): never {
  throw new InvariantError(`${what}: unexpected ${JSON.stringify(value)}`);
}
