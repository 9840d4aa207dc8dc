/**
 * The bytes of what no client may send. Called by extra-traffic.ts. Invariant: each breaks one rule, and is otherwise a frame as a
 * client sends it.
 */
import type { FragmentPart } from "../../shared/scenario/sections/faults/action.ts";
import type { Breach } from "../../shared/scenario/sections/faults/breach.ts";
import { buildFrame, nextMask, Opcode } from "../socket/lean/frame-builder.ts";

const FIN = 0x80;
const RESERVED_BITS = 0x70;
const UNKNOWN_OPCODE = 3;
/** May not be on the wire: it means that a Close frame has none. */
const NO_STATUS = 1005;

const TEXT = Buffer.from("onrush");
/** Of users without messages. */
const CUT_JSON = Buffer.from('{"type":"say","text":"cut o');

/** Those that are frames; a corrupt payload is a frame only where there is no message to corrupt. */
export function breachFrame(how: Breach): Buffer {
  switch (how) {
    case "bad-opcode":
      return withFirstByte(text(TEXT), FIN | UNKNOWN_OPCODE);
    case "reserved-bits":
      return withFirstByte(text(TEXT), FIN | RESERVED_BITS | Opcode.text);
    case "unmasked":
      return Buffer.concat([Buffer.of(FIN | Opcode.text, TEXT.length), TEXT]);
    case "bad-utf8":
      return text(Buffer.of(0xc3, 0x28, 0xf8));
    case "bad-close-code":
      return buildFrame(Opcode.close, Buffer.of(NO_STATUS >> 8, NO_STATUS & 0xff), nextMask());
    case "corrupt-payload":
      return text(CUT_JSON);
  }
}

/** A part of a message. */
export function fragment(part: FragmentPart, bytes: number): Buffer {
  const opcode = part === "first" ? Opcode.text : Opcode.continuation;
  const frame = buildFrame(opcode, Buffer.alloc(bytes, "."), nextMask());
  return part === "last" ? frame : withFirstByte(frame, opcode);
}

function text(payload: Buffer): Buffer {
  return buildFrame(Opcode.text, payload, nextMask());
}

function withFirstByte(frame: Buffer, byte: number): Buffer {
  frame[0] = byte;
  return frame;
}
