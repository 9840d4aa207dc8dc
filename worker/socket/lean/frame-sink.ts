/**
 * Who receives what the decoder finds, and the last checks before it is handed on. Called by the
 * decoder's two halves (codec-decoder.ts, partial-frame.ts); implemented by lean-socket.ts.
 * Invariant: after a Close frame or a fault `receiving` is false and no decoder memory is held.
 */
import { isValidCloseCode, NO_STATUS } from "../close-code.ts";
import { Fault, type ProtocolFault } from "../protocol-fault.ts";
import { isValidUtf8 } from "./utf8.ts";

/** A frame or message of which a part has arrived: see partial-frame.ts. */
export interface Partial {
  /** Bytes of payload buffers held. */
  readonly heldBytes: number;
  /** Takes bytes of at most one frame from [start, end); returns the offset after them. */
  take(sink: FrameSink, chunk: Buffer, start: number, end: number): number;
  /** Gives back what it holds. */
  release(): void;
}

/** Ranges are valid only during the call. */
export interface FrameSink {
  /** The decoder's own: a frame or message of which a part has arrived, else null. */
  partial: Partial | null;
  /** False stops the decoder at once, also from inside a callback. */
  receiving: boolean;
  /** Largest message accepted, bytes. */
  readonly maxMessageBytes: number;
  /** A whole message; text is valid UTF-8. */
  onData(data: Buffer, start: number, end: number, binary: boolean): void;
  onPing(data: Buffer, start: number, end: number): void;
  onPong(data: Buffer, start: number, end: number): void;
  /** A valid Close frame with payload [start, end); `code` is 1005 when that is empty. */
  onCloseFrame(code: number, data: Buffer, start: number, end: number): void;
  /** The server broke the protocol; nothing after this is decoded. */
  onFault(fault: ProtocolFault): void;
}

/** Hands on a whole text message, or fails the connection when it is not UTF-8. */
export function deliverText(sink: FrameSink, data: Buffer, start: number, end: number): void {
  if (isValidUtf8(data, start, end)) sink.onData(data, start, end, false);
  else failWith(sink, Fault.invalidUtf8);
}

/** Hands on a whole Close frame, or fails the connection when its code or reason is invalid. */
export function deliverClose(sink: FrameSink, data: Buffer, start: number, end: number): void {
  let code: number = NO_STATUS;
  if (start < end) {
    code = data.readUInt16BE(start);
    const fault = closeFault(code, isValidUtf8(data, start + 2, end));
    if (fault !== null) {
      failWith(sink, fault);
      return;
    }
  }
  sink.receiving = false;
  dropPartial(sink);
  sink.onCloseFrame(code, data, start, end);
}

/** Stops the decoder and reports the fault. */
export function failWith(sink: FrameSink, fault: ProtocolFault): void {
  sink.receiving = false;
  dropPartial(sink);
  sink.onFault(fault);
}

/** Gives back what was held of a message. */
export function dropPartial(sink: FrameSink): void {
  sink.partial?.release();
  sink.partial = null;
}

function closeFault(code: number, isReasonUtf8: boolean): ProtocolFault | null {
  if (!isValidCloseCode(code)) return Fault.invalidCloseCode;
  return isReasonUtf8 ? null : Fault.invalidUtf8;
}
