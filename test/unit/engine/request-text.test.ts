import { describe, expect, it } from "vitest";
import { headerText, pathText } from "../../../worker/engine/request-text.ts";

describe("request text", () => {
  it("leaves what is fine as it is", () => {
    expect(pathText("/chat?room=a%20b&id=7")).toBe("/chat?room=a%20b&id=7");
    expect(headerText("Bearer abc\tdef")).toBe("Bearer abc\tdef");
  });

  it("never lets data start a new line", () => {
    expect(pathText("/a b\r\nX: y")).toBe("/a%20b%0D%0AX:%20y");
    expect(pathText("/ünï\ud800")).toBe("/%C3%BCn%C3%AF%EF%BF%BD");
    expect(headerText("a\r\nX-Evil: 1\0")).toBe("a  X-Evil: 1 ");
  });
});
