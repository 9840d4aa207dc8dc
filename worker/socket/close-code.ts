/**
 * Close codes of RFC 6455 §7.4 and the IANA registry: which may stand in a Close frame, and the two
 * that only ever stand for something that was not received. Used by both drivers.
 */

/** What we close with. */
export const CLOSE_NORMAL = 1000;
/** Not on the wire: a Close frame without a code. */
export const NO_STATUS = 1005;
/** Not on the wire: the transport ended without a Close frame. */
export const ABNORMAL = 1006;

/** True for a code that an endpoint may send: 1000-1003, 1007-1014, 3000-4999. */
export function isValidCloseCode(code: number): boolean {
  if (code >= 3000) return code <= 4999;
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}
