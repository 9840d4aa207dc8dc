/** What `connect` may say, and what is refused before the run: Host, and echoes that could never come back. */
import { describe, expect, it } from "vitest";
import { linesOf, minimal, parseText, scenarioOf } from "./reading.ts";

const withConnect = (connect: string) => parseText(minimal(`connect: ${connect}`));

describe("Host", () => {
  it.each([
    "chat.example",
    "chat.example:8443",
    "[2001:db8::1]:80",
    "127.0.0.1",
    "v{{conn.index}}.example",
  ])("may be %s", (host) => {
    const { connect } = scenarioOf(withConnect(`{ headers: { Host: "${host}" } }`));
    expect(connect.headers).toEqual([["Host", host]]);
  });

  it.each(["", "http://chat.example", "chat.example/path", "a b", "a@b", "a:b"])(
    "may not be %j",
    (host) => {
      const lines = linesOf(withConnect(`{ headers: { host: "${host}" } }`));
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatch(/not a host \(a name or an address/);
    },
  );

  it("is written once", () => {
    const lines = linesOf(withConnect("{ headers: { host: a.example, HOST: b.example } }"));
    expect(lines.join()).toContain("the header HOST is written twice");
  });
});

describe("an echo", () => {
  const mix = (size: string, reply: string) =>
    `messages: { rate: 1/s, mix: [{ name: a, send: { binary: { size: ${size} } }, reply: ${reply} }] }`;
  const parsed = (size: string, reply = "{ match: echo }", connect = "{}") =>
    linesOf(parseText(minimal(`connect: ${connect}\n${mix(size, reply)}`)));

  it("larger than maxMessage is refused before the run", () => {
    expect(parsed("20mb").join()).toContain("over connect.maxMessage (16777216 bytes)");
    expect(parsed("[1kb, 2kb]", "{ match: echo }", "{ maxMessage: 1kb }")).toHaveLength(1);
  });

  it("of that size, or a message without an echo, is not", () => {
    expect(parsed("16mb")).toEqual([]);
    expect(parsed("20mb", "{ match: echo }", "{ maxMessage: 20mb }")).toEqual([]);
    expect(parsed("20mb", "{ match: next }")).toEqual([]);
  });
});
