/** Masking: a secret is hidden in every form it is likely to take, and nothing else is touched. */
import { describe, expect, it } from "vitest";
import { createMask, maskSecrets } from "../../../shared/scenario/mask.ts";

const secret = 'pa$$ "w/ord"+1';

describe("maskSecrets", () => {
  it.each([
    ["plain", `token is ${secret}.`, "token is ***."],
    ["URL-encoded", `/a?x=${encodeURIComponent(secret)}&y=1`, "/a?x=***&y=1"],
    [
      "URL-encoded, lower case",
      encodeURIComponent(secret).replace(/%\w\w/g, (c) => c.toLowerCase()),
      "***",
    ],
    ["form-encoded", encodeURIComponent(secret).replaceAll("%20", "+"), "***"],
    ["JSON", JSON.stringify({ a: secret }), '{"a":"***"}'],
    ["JSON in JSON", JSON.stringify(JSON.stringify({ a: secret })), '"{\\"a\\":\\"***\\"}"'],
  ])("%s", (_, text, masked) => {
    expect(maskSecrets(text, [secret])).toBe(masked);
  });

  it.each([0, 1, 2, 3, 4])("base64 after %d other bytes", (lead) => {
    for (const encoding of ["base64", "base64url"] as const) {
      const encoded = Buffer.from(`${"u".repeat(lead)}${secret}:tail`).toString(encoding);
      const masked = maskSecrets(`Basic ${encoded}`, [secret]);
      expect(masked).toContain("***");
      const left = masked
        .replace("Basic ", "")
        .split("***")
        .map((part) => part.length);
      expect(Math.max(...left)).toBeLessThan(encoded.length / 2);
    }
  });

  it("masks passwords and secret-looking query values in URLs", () => {
    expect(maskSecrets("wss://bob:hunter2@h/x?token=abc&room=1&api_key=d;e=f", [])).toBe(
      "wss://bob:***@h/x?token=***&room=1&api_key=***;e=f",
    );
    expect(maskSecrets("ws://h/x?access_token=a%20b#f", [])).toBe("ws://h/x?access_token=***#f");
  });

  it("leaves placeholders, ports and times alone", () => {
    const text =
      'target: "ws://{{env.HOST}}:80/?token={{vars.token}}"\nx: 10:30@home\ny: ws://h:80/a@b';
    expect(maskSecrets(text, ["unrelated-secret"])).toBe(text);
  });

  it("masks the longer of two secrets whole and short ones in plain form", () => {
    const mask = createMask(["abc", "abcdef", "x", ""]);
    expect(mask("abcdef abc x")).toBe("*** *** ***");
  });

  it("treats secrets as text, not as patterns", () => {
    expect(maskSecrets("aXb a.b $& (", ["a.b", "("])).toBe("aXb *** $& ***");
  });
});
