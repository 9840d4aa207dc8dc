/** What is said of the body of a request that is not what it says it is. Thrown by envelope.ts, answered by the routes. */

/** Nothing is known of a scenario. */
export class Malformed extends Error {
  override readonly name = "Malformed";
}
