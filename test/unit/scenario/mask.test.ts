/** Masking: a secret is hidden in every form it is likely to take, and nothing else is touched. */
import { describe, expect, it } from "vitest";
import { createMask, createPartialMask, maskSecrets } from "../../../shared/scenario/mask/mask.ts";

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

describe("forms a target may repeat a secret in", () => {
  const token = "S3cr3t-Zebra_Umbrella/9981+é";
  const each = (form: (character: string) => string) => [...token].map(form).join("");
  const percent = (byte: number) => `%${byte.toString(16).padStart(2, "0")}`;
  it.each([
    ["upper case", token.toUpperCase()],
    ["every byte percent-encoded", [...Buffer.from(token)].map(percent).join("")],
    ["percent-encoded twice", encodeURIComponent(encodeURIComponent(token))],
    ["some characters encoded and some not", token.replace("Z", "%5A").replace("_", "\\u005f")],
    ["JSON escapes", each((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`)],
    ["HTML entities, decimal", each((c) => `&#${c.codePointAt(0)};`)],
    ["HTML entities, hexadecimal", each((c) => `&#x${c.codePointAt(0)?.toString(16)};`)],
    ["escaped slashes", token.replaceAll("/", "\\/")],
    ["hexadecimal", Buffer.from(token).toString("hex")],
    ["hexadecimal, upper case", Buffer.from(token).toString("hex").toUpperCase()],
    ["UTF-8 read as Latin-1", Buffer.from(token).toString("latin1")],
  ])("%s", (_, said) => {
    expect(maskSecrets(`invalid token ${said}!`, [token])).toBe("invalid token ***!");
  });

  it("base64 in a URL or a JSON text", () => {
    const encoded = Buffer.from("~~~???>>>secret").toString("base64");
    expect(encoded).toMatch(/[+/]/);
    const mask = createMask(["~~~???>>>secret"]);
    expect(mask(encodeURIComponent(encoded))).toMatch(/^\*\*\*/);
    expect(mask(encoded.replaceAll("/", "\\/"))).toMatch(/^\*\*\*/);
  });

  it("a long key is masked whole", () => {
    const key = `-----BEGIN KEY-----\n${"Ab/+".repeat(300)}\n-----END KEY-----`;
    const mask = createMask([key]);
    for (const text of [key, JSON.stringify(key), encodeURIComponent(key)]) {
      expect(mask(text)).not.toContain("Ab");
    }
  });

  it("takes no longer for text made to mislead it", () => {
    const secrets = ["\\".repeat(40), '"'.repeat(40), "%".repeat(40), "a".repeat(200)];
    const mask = createPartialMask(secrets);
    for (const text of ["\\", '\\"', "%25", "aaaaaaaaab", "&#", "\\u00"]) {
      expect(mask(text.repeat(2000)).length).toBeGreaterThan(0);
    }
  });
});

describe("a secret that is repeated in part", () => {
  const mask = createPartialMask(["S3cr3t-Zebra_Umbrella9981"]);

  it("is masked where it is cut off at the end, with or without an ellipsis", () => {
    expect(mask("invalid token S3cr3t-Z")).toBe("invalid token ***");
    expect(mask("invalid token S3cr…")).toBe("invalid token ***…");
    expect(mask("invalid token S3cr...")).toBe("invalid token ***...");
  });

  it("is masked anywhere from its first half on, in any form", () => {
    expect(mask("S3cr3t-Zebra_ (shortened) is invalid")).toBe("*** (shortened) is invalid");
    expect(mask("?t=S3cr3t%2DZebra%5fUmb&x")).toBe("?t=***&x");
  });

  it("leaves what merely begins alike", () => {
    expect(mask("S3cr3t service")).toBe("S3cr3t service");
    expect(createMask(["https://hooks.example/abc"])("https://chat.example")).toBe(
      "https://chat.example",
    );
  });
});
