import { describe, expect, it } from "vitest";
import { Incoming } from "../../../worker/message/conversation.ts";
import { UnmatchedMessages } from "../../../worker/message/unmatched.ts";

function message(content: string | Buffer, nowUs: number): Incoming {
  const incoming = new Incoming();
  const data = Buffer.from(content as Buffer);
  incoming.take(data, 0, data.length, typeof content !== "string");
  incoming.nowUs = nowUs;
  return incoming;
}

const listener = { slot: 3, incarnation: 1 };

describe("messages that answered nothing", () => {
  it("are the first since a request, else the latest", () => {
    const kept = new UnmatchedMessages();
    expect(kept.describe(listener, 0)).toBe("");
    kept.keep(listener, message("refused", 10), 5);
    kept.keep(listener, message("noise", 20), 5);
    kept.keep(listener, message("more noise", 30), 5);
    expect(kept.describe(listener, 5)).toBe("came instead: refused");
    expect(kept.describe(listener, 15)).toBe("came instead: more noise");
    expect(kept.describe(listener, 31)).toBe("");
    expect(kept.describe(listener, Number.POSITIVE_INFINITY)).toBe("");
    // The oldest request is a newer one now.
    kept.keep(listener, message("refused again", 50), 40);
    expect(kept.describe(listener, 40)).toBe("came instead: refused again");
  });

  it("are those of one socket only, however many connections share their place", () => {
    const kept = new UnmatchedMessages();
    kept.keep(listener, message("mine", 10), 0);
    expect(kept.describe({ slot: 3, incarnation: 2 }, 0)).toBe("");
    const other = { slot: 3 + 1024, incarnation: 1 };
    expect(kept.describe(other, 0)).toBe("");
    kept.keep(other, message("theirs", 20), 0);
    expect(kept.describe(other, 0)).toBe("came instead: theirs");
    expect(kept.describe(listener, 0)).toBe("");
  });

  it("are cut to a bound between characters, and binary ones say so", () => {
    const kept = new UnmatchedMessages();
    kept.keep(listener, message("é".repeat(5000), 10), 0);
    expect(kept.describe(listener, 0)).toBe(`came instead: ${"é".repeat(100)}…`);
    const odd = new UnmatchedMessages();
    odd.keep(listener, message(`x${"é".repeat(5000)}`, 10), 0);
    expect(odd.describe(listener, 0)).toBe(`came instead: x${"é".repeat(99)}…`);
    const bytes = new UnmatchedMessages();
    bytes.keep(listener, message(Buffer.from("a".repeat(80)), 10), 0);
    const shown = `came instead (binary, 80 bytes): ${"a".repeat(64)}…`;
    expect(bytes.describe(listener, 0)).toBe(shown);
    bytes.keep(listener, message(Buffer.alloc(0), 20), 15);
    expect(bytes.describe(listener, 15)).toBe("came instead (binary, 0 bytes): ");
  });
});
