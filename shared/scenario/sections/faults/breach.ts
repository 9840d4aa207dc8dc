/** Ways to break the protocol, as `kind: protocol` names them. Their bytes are made by worker/faults/breaches.ts. */
export const BREACHES = [
  "bad-opcode",
  "reserved-bits",
  "unmasked",
  "bad-utf8",
  "bad-close-code",
  "corrupt-payload",
] as const;
export type Breach = (typeof BREACHES)[number];
