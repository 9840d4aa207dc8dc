/**
 * The ways a server can break RFC 6455 on an open connection, with the close code we answer with.
 * Both drivers name a violation by this table and nothing else, so the words are stable and few.
 */

export interface ProtocolFault {
  /** Close code sent to the server. */
  readonly code: number;
  readonly what: string;
}

export const Fault = {
  reservedBits: { code: 1002, what: "reserved bits set" },
  reservedOpcode: { code: 1002, what: "reserved opcode" },
  strayContinuation: { code: 1002, what: "continuation without a message" },
  interleavedMessage: { code: 1002, what: "new message inside a fragmented one" },
  fragmentedControl: { code: 1002, what: "fragmented control frame" },
  controlLength: { code: 1002, what: "invalid length of a control frame" },
  maskedFrame: { code: 1002, what: "masked frame from the server" },
  lengthOverflow: { code: 1002, what: "frame length with the top bit set" },
  messageTooBig: { code: 1009, what: "message over the size limit" },
  tooManyFragments: { code: 1008, what: "message of too many fragments" },
  invalidUtf8: { code: 1007, what: "invalid UTF-8" },
  invalidDeflate: { code: 1007, what: "invalid compressed data" },
  invalidCloseCode: { code: 1002, what: "invalid close code" },
} as const satisfies Record<string, ProtocolFault>;
