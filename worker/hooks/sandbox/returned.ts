/**
 * What hooks return, checked: something to send, or values to set. Called by main.ts. Invariant: what is handed on is plain,
 * bounded, and nothing of the module's own; anything else is a problem of the hook, said in words.
 */
import { isAnyArrayBuffer, isArrayBufferView } from "node:util/types";
import { type HookValue, MAX_PAYLOAD_BYTES, type Scalar } from "../protocol.ts";

const MAX_VALUES = 64;

/** A text as it is, bytes as a binary message, anything else as JSON; nothing: the message's own `send`. */
export function payloadOf(returned: unknown): HookValue {
  if (returned === undefined || returned === null) return null;
  if (isArrayBufferView(returned) || isAnyArrayBuffer(returned)) return bytesOf(returned);
  const text = typeof returned === "string" ? returned : JSON.stringify(returned);
  if (text === undefined) throw new TypeError(`payload returned a ${typeof returned}`);
  bounded(Buffer.byteLength(text));
  return text;
}

/** A map of texts, numbers and booleans; nothing: nothing is set. */
export function valuesOf(returned: unknown): HookValue {
  if (returned === undefined || returned === null) return null;
  if (typeof returned !== "object" || Array.isArray(returned)) {
    throw new TypeError(
      `it returned ${Array.isArray(returned) ? "a list" : `a ${typeof returned}`}, not an object of values to set`,
    );
  }
  const entries = Object.entries(returned).filter(
    ([, value]) => value !== undefined && value !== null,
  );
  if (entries.length > MAX_VALUES)
    throw new TypeError(`it returned more than ${MAX_VALUES} values`);
  return Object.fromEntries(entries.map(([name, value]) => [name, scalarOf(name, value)]));
}

function bytesOf(view: ArrayBufferView | ArrayBufferLike): Uint8Array {
  bounded(view.byteLength);
  const bytes = isArrayBufferView(view)
    ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
    : new Uint8Array(view as ArrayBuffer);
  // A copy: the module may go on to write into its own.
  return Uint8Array.from(bytes);
}

function bounded(bytes: number): void {
  if (bytes > MAX_PAYLOAD_BYTES) {
    throw new TypeError(`a payload of ${bytes} bytes; ${MAX_PAYLOAD_BYTES} is the most`);
  }
}

function scalarOf(name: string, value: unknown): Scalar {
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new TypeError(`${name} is a ${typeof value}; values are texts, numbers or booleans`);
}
