/**
 * `integrity.isolation.canary`: looks into everything that a connection gets for marks of users (user-marks.ts). That of another
 * user is a leak. Listed in worker/observe/registry.ts, ahead of all but the owner rule. Data plane: a message costs four
 * searches of its bytes. A mark is found as it is, which is also how JSON and URLs escape it, and in base64 of what holds it.
 * Invariant: a leak needs a whole mark that is one of this run; the first sight of a connection's own mark is counted, for a
 * search that finds not even that proves nothing.
 */
import { MARK_CHARS, UserMarks } from "../../shared/scenario/template/user-marks.ts";
import type { Conversation } from "../message/conversation.ts";
import type { ReceivedMessage } from "../message/received-message.ts";
import { type MakeObserver, type MessageObserver, Seen } from "../observe/observer.ts";
import { COUNT, type Recorder } from "../record/recorder.ts";
import { Leaks } from "./leaks.ts";

const NOBODY = -1;
/** Marks looked at in one message. */
const MAX_MARKS = 256;
const ALPHABET_BITS = 6;
const BYTE_BITS = 8;

/** A piece of text that stands where a mark begins. */
interface Needle {
  readonly bytes: Buffer;
  /** Characters of base64 before it that belong to the same group, and the bytes they hold ahead of the mark. */
  readonly before: number;
  readonly ahead: number;
  readonly isBase64: boolean;
}

export const canarySearch: MakeObserver = ({ scenario, recorder, run }) =>
  scenario.integrity.isolation.canary
    ? new CanarySearch(new UserMarks(run), recorder, new Leaks(scenario))
    : null;

class CanarySearch implements MessageObserver {
  readonly #marks: UserMarks;
  readonly #recorder: Recorder;
  readonly #leaks: Leaks;
  readonly #needles: readonly Needle[];
  /** By slot: the incarnation that saw its own mark. */
  readonly #heardOwn: number[] = [];

  constructor(marks: UserMarks, recorder: Recorder, leaks: Leaks) {
    this.#marks = marks;
    this.#recorder = recorder;
    this.#leaks = leaks;
    this.#needles = needlesOf(marks.prefix);
  }

  opened({ slot }: Conversation): void {
    this.#heardOwn[slot] = NOBODY;
  }

  observe(conversation: Conversation, message: ReceivedMessage): Seen {
    this.#recorder.count(message.phase, COUNT.searched, 1);
    const bytes = message.bytes();
    let seen: Seen = Seen.no;
    let left = MAX_MARKS;
    for (const needle of this.#needles) {
      let at = bytes.indexOf(needle.bytes);
      while (at >= 0 && left-- > 0) {
        const owner = this.#marks.ownerOf(markAt(bytes, at, needle));
        if (owner === conversation.index) this.#heard(conversation, message.phase);
        else if (owner !== NOBODY) {
          if (seen === Seen.no) this.#leaks.report(conversation, message, whose(owner, needle));
          seen = Seen.leaked;
        }
        at = bytes.indexOf(needle.bytes, at + 1);
      }
    }
    return seen;
  }

  #heard({ slot, incarnation }: Conversation, phase: number): void {
    if (this.#heardOwn[slot] === incarnation) return;
    this.#heardOwn[slot] = incarnation;
    this.#recorder.count(phase, COUNT.heardOwn, 1);
  }
}

function whose(owner: number, { isBase64 }: Needle): string {
  return `the mark of connection ${owner}${isBase64 ? " in base64" : ""}`;
}

/** The text of what may be a mark. */
function markAt(bytes: Buffer, at: number, { before, ahead, isBase64 }: Needle): string {
  if (!isBase64) return bytes.toString("latin1", at, at + MARK_CHARS);
  const from = at - before;
  if (from < 0) return "";
  const chars = Math.ceil(((ahead + MARK_CHARS) * BYTE_BITS) / ALPHABET_BITS);
  const text = bytes.toString("latin1", from, from + chars);
  return Buffer.from(text, "base64").toString("latin1", ahead, ahead + MARK_CHARS);
}

/** A prefix as it is, and in base64 behind any number of bytes. */
function needlesOf(prefix: string): Needle[] {
  const plain = { bytes: Buffer.from(prefix), before: 0, ahead: 0, isBase64: false };
  const encoded = [0, 1, 2].map((ahead): Needle => {
    const text = Buffer.from("\0".repeat(ahead) + prefix).toString("base64");
    // Only characters all of whose bits are the prefix's.
    const before = Math.ceil((ahead * BYTE_BITS) / ALPHABET_BITS);
    const end = Math.floor(((ahead + prefix.length) * BYTE_BITS) / ALPHABET_BITS);
    return { bytes: Buffer.from(text.slice(before, end)), before, ahead, isBase64: true };
  });
  return [plain, ...encoded];
}
