/** The response parser alone: exact ends, all ways of cutting, bounds, and no throw on anything. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  FAULTY,
  INCOMPLETE,
  MAX_HEAD_BYTES,
  ResponseHead,
} from "../../../worker/socket/response-head.ts";

const HEAD =
  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
  "Sec-WebSocket-Accept: abc=\r\nSec-WebSocket-Protocol: chat\r\n\r\n";

interface Parsed {
  readonly result: number;
  /** Offset in the whole input, when complete. */
  readonly consumed: number;
  readonly head: ResponseHead;
}

/** Feeds pieces out of one buffer that has rubbish, line ends too, behind each piece. */
function parse(input: string, sizes: readonly number[]): Parsed {
  const bytes = Buffer.from(input, "latin1");
  const head = new ResponseHead();
  const shared = Buffer.alloc(bytes.length + 64);
  let at = 0;
  for (let turn = 0; at < bytes.length; turn++) {
    const size = Math.min(sizes[turn % sizes.length] ?? 1, bytes.length - at);
    shared.fill("\r\n\r\n");
    bytes.copy(shared, 3, at, at + size);
    const result = head.feed(shared, 3, 3 + size);
    if (result !== INCOMPLETE) return { result, consumed: at + result - 3, head };
    at += size;
  }
  return { result: INCOMPLETE, consumed: at, head };
}

describe("ResponseHead", () => {
  it.each([[[1]], [[2]], [[5, 1]], [[1000]]])(
    "stops exactly behind the head, pieces of %j",
    (sizes) => {
      const { result, consumed, head } = parse(`${HEAD}\x81\x02hi`, sizes);
      expect(result).toBeGreaterThan(0);
      expect(consumed).toBe(HEAD.length);
      expect(head).toMatchObject({
        status: 101,
        reason: "Switching Protocols",
        upgrade: "websocket",
        connection: "Upgrade",
        accept: "abc=",
        protocol: "chat",
        extensions: null,
      });
    },
  );

  it.each([
    ["X-Served-By: s-1\r\n", "s-1"],
    ["x-backend: 10.0.0.7:80\r\nX-Served-By: s-1\r\n", "10.0.0.7:80"],
    ["Server: nginx\r\n", null],
  ])("keeps who it is that answers: %j", (line, server) => {
    const { head } = parse(HEAD.replace("Upgrade: ", `${line}Upgrade: `), [9]);
    expect(head.server).toBe(server);
  });

  it("forgets what informational responses said", () => {
    const { head } = parse(`HTTP/1.1 103 Early\r\nSec-WebSocket-Protocol: x\r\n\r\n${HEAD}`, [7]);
    expect(head).toMatchObject({ status: 101, protocol: "chat" });
  });

  it("joins a header that comes twice", () => {
    const { head } = parse(HEAD.replace("\r\n\r\n", "\r\nCONNECTION:keep-alive\r\n\r\n"), [100]);
    expect(head.connection).toBe("Upgrade, keep-alive");
  });

  it.each([
    ["http/1.1 101 x\r\n\r\n", "lower case"],
    ["HTTP/1.1 99 x\r\n\r\n", "a short status"],
    ["HTTP/1.1 1010 x\r\n\r\n", "a long status"],
    ["HTTP/1.1 099 x\r\n\r\n", "a status below 100"],
    ["HTTP/x.1 200 x\r\n\r\n", "no version"],
    ["ICY 200 OK\r\n\r\n", "another protocol"],
    ["\r\n\r\n", "no status line"],
    ["HTTP/1.1 101 x\nUpgrade: websocket\n\n", "bare line feeds"],
    ["HTTP/1.1 101 x\r\n folded: x\r\n\r\n", "a folded line"],
    ["HTTP/1.1 101 x\r\n: no name\r\n\r\n", "a header without a name"],
    ["HTTP/1.1 101 x\r\nA: b\rc\r\n\r\n", "a bare carriage return"],
    ["HTTP/1.1 101 x\r\nA: b\x7f\r\n\r\n", "a delete character"],
    ["SSH-2.0-OpenSSH", "another protocol, unfinished"],
    ["H\x00", "a NUL early on"],
  ])("refuses %j (%s)", (input) => {
    expect(parse(input, [1]).result).toBe(FAULTY);
    expect(parse(input, [1000]).result).toBe(FAULTY);
    expect(parse(input, [1]).head.fault).toBe("malformed HTTP response");
  });

  it("reads at most 16 KiB, informational responses included", () => {
    const endless = "HTTP/1.1 103 Early\r\n\r\n".repeat(MAX_HEAD_BYTES);
    for (const sizes of [[1], [1000], [1_000_000]]) {
      const { result, head } = parse(endless, sizes);
      expect(result).toBe(FAULTY);
      expect(head.fault).toBe("response head over 16 KiB");
    }
    const pad = (total: number) => `X: ${"p".repeat(total - HEAD.length - 5)}\r\n\r\n`;
    const headOf = (total: number) => HEAD.slice(0, -2) + pad(total);
    expect(headOf(MAX_HEAD_BYTES)).toHaveLength(MAX_HEAD_BYTES);
    expect(parse(headOf(MAX_HEAD_BYTES), [999]).consumed).toBe(MAX_HEAD_BYTES);
    expect(parse(headOf(MAX_HEAD_BYTES + 1), [999]).result).toBe(FAULTY);
  });

  it("gives the same answer however the bytes are cut, and never throws", () => {
    const piece = fc.constantFrom(
      "HTTP/1.1 101 x\r\n",
      "HTTP/1.1 103 e\r\n",
      "A: b\r\n",
      "\r\n",
      "\n",
      ":",
      "\r",
      " ",
      "x",
      "\x00",
      "\x81",
    );
    const input = fc.array(piece, { maxLength: 12 }).map((parts) => parts.join(""));
    const anything = fc
      .uint8Array({ maxLength: 60 })
      .map((raw) => Buffer.from(raw).toString("latin1"));
    const sizes = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.oneof(input, anything), sizes, (text, cuts) => {
        const whole = parse(text, [100_000]);
        const cut = parse(text, cuts);
        const facts = ({ result, consumed, head }: Parsed) =>
          result > 0
            ? [consumed, head.status, head.reason]
            : [Math.sign(result), result, head.fault];
        expect(facts(cut)).toEqual(facts(whole));
      }),
      { numRuns: 2000 },
    );
  });
});
