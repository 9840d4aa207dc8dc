/** The target as oracle: what was reported against what it counted. Used by chaos and the simulation. */

/** @param most of what the target counted, the report declares so much as unknown  @returns what is wrong, if anything */
export function undeclared(
  what: string,
  reported: number,
  counted: number,
  most: number,
): string[] {
  const unknown = counted - reported;
  if (unknown >= 0 && unknown <= most) return [];
  return [`${what}: reported ${reported}, target ${counted}, declared unknown ${most}`];
}
