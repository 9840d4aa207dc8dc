/**
 * The stamp: 16 bytes inside a binary payload that say whose message it is, so a reply is matched to what
 * was sent even when the target loses, doubles, reorders, alters or misdelivers it. Four little-endian
 * 32-bit words: check, connection index, incarnation of that index, sequence number. The check is a hash of
 * the run's tag and the three others, so a stamp of another run, or an altered one, is not valid.
 */
export const STAMP_BYTES = 16;

/** Hash of a stamp's words; the mixing is MurmurHash3's, 32 bits (Austin Appleby, public domain). */
export function stampCheck(tag: number, index: number, incarnation: number, seq: number): number {
  let h = tag | 0;
  h = mixWord(h, index);
  h = mixWord(h, incarnation);
  h = mixWord(h, seq);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function mixWord(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  const h = hash ^ k;
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

/** A run's tag from its id (FNV-1a, 32 bits). */
export function stampTag(run: string): number {
  let h = 0x811c9dc5;
  for (let at = 0; at < run.length; at++) h = Math.imul(h ^ run.charCodeAt(at), 0x01000193);
  return h >>> 0;
}
