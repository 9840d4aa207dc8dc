import { describe, expect, it } from "vitest";
import { pathText } from "../../../worker/reach/request-text.ts";

describe("request text", () => {
  it("leaves what is ASCII as it is, for the driver to take or to refuse", () => {
    expect(pathText("/chat?room=a%20b&id=7")).toBe("/chat?room=a%20b&id=7");
    expect(pathText("/a b\r\nX: y")).toBe("/a b\r\nX: y");
  });

  it("encodes the rest as UTF-8", () => {
    expect(pathText("/ünï\ud800?x=\u{1f600}")).toBe("/%C3%BCn%C3%AF%EF%BF%BD?x=%F0%9F%98%80");
  });
});
