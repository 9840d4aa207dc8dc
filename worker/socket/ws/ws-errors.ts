/**
 * What the ws package says when a server breaks the rules, in the words of our own tables. Called by
 * ws-driver.ts. Codes are part of ws's documented interface; where it gives only a message, that is matched.
 */
import { Fault, type ProtocolFault } from "../protocol-fault.ts";
import { UpgradeFault } from "../upgrade.ts";

interface WsError {
  readonly code?: string;
  readonly message: string;
}

const FAULTS: ReadonlyMap<string, ProtocolFault> = new Map<string, ProtocolFault>([
  ["WS_ERR_UNEXPECTED_RSV_1", Fault.reservedBits],
  ["WS_ERR_UNEXPECTED_RSV_2_3", Fault.reservedBits],
  ["WS_ERR_EXPECTED_FIN", Fault.fragmentedControl],
  ["WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH", Fault.controlLength],
  ["WS_ERR_UNEXPECTED_MASK", Fault.maskedFrame],
  ["WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH", Fault.messageTooBig],
  ["WS_ERR_UNSUPPORTED_MESSAGE_LENGTH", Fault.messageTooBig],
  ["WS_ERR_INVALID_UTF8", Fault.invalidUtf8],
  ["WS_ERR_INVALID_CLOSE_CODE", Fault.invalidCloseCode],
]);

/** What ws alone can judge of an answer; the rest upgrade-answer.ts has judged before. */
const UPGRADE_FAULTS: ReadonlyMap<string, UpgradeFault> = new Map<string, UpgradeFault>([
  ["Server indicated an extension that was not requested", UpgradeFault.extensionUnasked],
  ["Invalid Sec-WebSocket-Extensions header", UpgradeFault.extensionInvalid],
]);

const INVALID_OPCODE = "WS_ERR_INVALID_OPCODE";

/** The protocol fault behind an error of an open connection, or null when it is none. */
export function faultOf(error: WsError): ProtocolFault | null {
  const code = error.code ?? "";
  if (code === INVALID_OPCODE) return opcodeFault(error.message);
  // zlib's own codes: the peer's compressed data cannot be inflated.
  if (code.startsWith("Z_")) return Fault.invalidDeflate;
  return FAULTS.get(code) ?? null;
}

/** The fault of an upgrade behind an error of a handshake, or null when it is none. */
export function upgradeFaultOf(error: WsError): UpgradeFault | null {
  // node:http is stricter with a 101 than we are.
  if (error.code?.startsWith("HPE_")) return UpgradeFault.malformed;
  return UPGRADE_FAULTS.get(error.message) ?? null;
}

/** ws has one code for three faults and names the opcode in its message. */
function opcodeFault(message: string): ProtocolFault {
  const opcode = Number(/invalid opcode (\d+)$/.exec(message)?.[1] ?? Number.NaN);
  if (opcode === 0) return Fault.strayContinuation;
  return opcode === 1 || opcode === 2 ? Fault.interleavedMessage : Fault.reservedOpcode;
}
