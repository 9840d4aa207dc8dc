/**
 * Which server behind a balancer a connection has, as far as the answer to its upgrade says so in a header that balancers and services
 * use for it. Called by both drivers when a connection opens. Invariants: it is a name, short and printable; equal names are one string,
 * so that connections by the ten thousand do not hold one each. Bound: the first MAX_SERVERS names; those that come later are none.
 */

/** In lower case. */
const HEADERS: ReadonlySet<string> = new Set([
  "x-served-by",
  "x-backend",
  "x-backend-server",
  "x-upstream",
  "x-server-id",
]);
const NAME = /^[\x21-\x7e]{1,100}$/;
const MAX_SERVERS = 64;

const known = new Map<string, string>();

/** @param header in lower case */
export function saysServer(header: string): boolean {
  return HEADERS.has(header);
}

/** @param said by the header; null: nothing @returns "" for what is no name, and for one too many */
export function serverOf(said: string | null): string {
  if (said === null || !NAME.test(said)) return "";
  const name = known.get(said);
  if (name !== undefined) return name;
  if (known.size >= MAX_SERVERS) return "";
  known.set(said, said);
  return said;
}
