/**
 * Records with a signature. Called by shared/bus/signed for everything that goes to the broker and comes from it.
 * The signature is HMAC-SHA-256 over what kind of record it is, where it belongs, when it was made, and its content: a
 * record of another run, another key or another place on the bus does not pass for this one.
 *
 *   text    onrush1 <key id> <time> <signature>\n<content>
 *   bytes   <content> <key id, 4 bytes> <signature, 32 bytes>
 *
 * Invariant: content that was not checked here is never looked at; comparisons take the same time wherever they differ.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { type ClusterKeys, KEY_ID_BYTES, type SigningKey } from "./cluster-key.ts";

/** What a record is; part of what is signed. */
export type RecordKind = "document" | "session" | "status" | "ticket" | "frame" | "lead";

/** What a record is and where it belongs, e.g. the key of a document, or run, epoch and number of a frame. */
export interface Place {
  readonly kind: RecordKind;
  readonly subject: string;
}

export type Opened<T> =
  | { readonly ok: true; readonly content: T; readonly madeUs: number }
  | { readonly ok: false; readonly reason: string };

const MAC_BYTES = 32;
/** Bytes a signature adds to a frame. */
export const SEAL_BYTES = KEY_ID_BYTES + MAC_BYTES;
const HEADER = /^onrush1 ([0-9a-f]{8}) (\d{1,16}) ([A-Za-z0-9_-]{43})\n/;
const MOST_HEADER = 100;

const UNSIGNED = "it is not signed";
export const OTHER_KEY = "it is signed with another key than ONRUSH_CLUSTER_KEY here";
const NOT_ITS_OWN = "its signature is not of this content and this place";

/** @param madeUs microseconds since 1970; for one place it grows from record to record */
export function sealText(keys: ClusterKeys, place: Place, content: string, madeUs: number): string {
  const [key] = keys;
  const mac = macOf(key, place, madeUs, content).toString("base64url");
  return `onrush1 ${key.id.toString("hex")} ${madeUs} ${mac}\n${content}`;
}

export function openText(keys: ClusterKeys, place: Place, text: string): Opened<string> {
  const header = HEADER.exec(text.slice(0, MOST_HEADER));
  const [all, id, time, mac] = header ?? [];
  if (all === undefined || id === undefined || mac === undefined) {
    return { ok: false, reason: UNSIGNED };
  }
  const key = keys.find((known) => known.id.toString("hex") === id);
  if (key === undefined) return { ok: false, reason: OTHER_KEY };
  const madeUs = Number(time);
  const content = text.slice(all.length);
  const own = timingSafeEqual(macOf(key, place, madeUs, content), Buffer.from(mac, "base64url"));
  return own ? { ok: true, content, madeUs } : { ok: false, reason: NOT_ITS_OWN };
}

/** For frames, whose place already tells them from all others. */
export function sealBytes(keys: ClusterKeys, place: Place, content: Uint8Array): Uint8Array {
  const [key] = keys;
  const sealed = new Uint8Array(content.length + SEAL_BYTES);
  sealed.set(content);
  sealed.set(key.id, content.length);
  sealed.set(macOf(key, place, 0, content), content.length + KEY_ID_BYTES);
  return sealed;
}

export function openBytes(keys: ClusterKeys, place: Place, bytes: Uint8Array): Opened<Uint8Array> {
  if (bytes.length < SEAL_BYTES) return { ok: false, reason: UNSIGNED };
  const end = bytes.length - SEAL_BYTES;
  const id = bytes.subarray(end, end + KEY_ID_BYTES);
  const key = keys.find((known) => known.id.equals(id));
  // Bytes have no header: what was never signed looks like signed with another key.
  if (key === undefined) return { ok: false, reason: `${UNSIGNED}, or with another key` };
  const content = bytes.subarray(0, end);
  const mac = bytes.subarray(end + KEY_ID_BYTES);
  const own = timingSafeEqual(macOf(key, place, 0, content), mac);
  return own ? { ok: true, content, madeUs: 0 } : { ok: false, reason: NOT_ITS_OWN };
}

function macOf(
  key: SigningKey,
  { kind, subject }: Place,
  madeUs: number,
  content: string | Uint8Array,
): Buffer {
  return createHmac("sha256", key.secret)
    .update(`${JSON.stringify([kind, subject, madeUs])}\n`)
    .update(content)
    .digest();
}
