/** Ways to spoil the request of a handshake, as `kind: bad-headers` names them. Their bytes are made by worker/faults/malformed.ts. */
export const MALFORMATIONS = [
  "wrong-version",
  "missing-key",
  "bad-key",
  "duplicate-key",
  "bad-upgrade",
  "oversized-header",
  "bad-line",
  "http-1.0",
] as const;
export type Malformation = (typeof MALFORMATIONS)[number];
