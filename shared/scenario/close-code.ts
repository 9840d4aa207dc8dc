/** Which close codes a scenario may send. Called by the sections that name one. Source: RFC 6455, 7.4. */

/** The codes that an application may send. */
export function isSendable(code: number): boolean {
  return code === 1000 || (code >= 3000 && code <= 4999);
}
