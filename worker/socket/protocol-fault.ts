/**
 * Why we fail an open connection, with the close code we answer with: the ways a server can break RFC 6455, and our
 * own limits. Both drivers name it by this table and nothing else, so the words are stable and few.
 */
import type { SessionFailure } from "../../shared/stats/failure-kind.ts";

export interface ProtocolFault {
  /** Close code sent to the server. */
  readonly code: number;
  readonly what: string;
  /** The target broke no rule: it met a limit of the scenario or of this program, counted under this kind. */
  readonly limit?: SessionFailure;
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
  messageTooBig: { code: 1009, what: "message over the size limit", limit: "message-limit" },
  outOfMemory: {
    code: 1009,
    what: "unfinished messages over the memory limit",
    limit: "memory-limit",
  },
  invalidUtf8: { code: 1007, what: "invalid UTF-8" },
  invalidDeflate: { code: 1007, what: "invalid compressed data" },
  invalidCloseCode: { code: 1002, what: "invalid close code" },
} as const satisfies Record<string, ProtocolFault>;
