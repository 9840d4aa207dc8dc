/**
 * Goal: a secret is masked wherever it stands and however it is written; braces, escapes and parts of escapes around it hide
 * nothing. Method: generated secrets in generated surroundings, by fast-check; what is left must not hold the secret in any
 * of its readings.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { explain } from "../../coordinator/launch/scenario/explain.ts";
import { SAMPLE } from "../../shared/scenario/check/templates.ts";
import { createMask, createPartialMask, MASK } from "../../shared/scenario/mask/mask.ts";
import { SecretIndex } from "../../shared/scenario/mask/secret-index.ts";
import { parseScenario } from "../../shared/scenario/parse.ts";
import { compileUrl } from "../../shared/scenario/template/template.ts";

/** What escapes and templates are made of, beside what they are not. */
const character = fc.constantFrom(..."{}%\\&#;u25x41nq'\"$+/=-_. aZé~");
const around = fc.string({ unit: character, maxLength: 12 });
const secretOf = (minLength: number) =>
  fc.string({ unit: character, minLength, maxLength: 24 }).filter((text) => text.trim() === text);

const inJson = (text: string) => JSON.stringify(text).slice(1, -1);
const escapes = (form: (code: number) => string) => (text: string) =>
  [...text].map((one) => form(one.codePointAt(0) ?? 0)).join("");

/** Each writes a text so that none of its characters can be read as part of what stands before it. */
const CLOSED_FORMS: Readonly<Record<string, (text: string) => string>> = {
  percent: (text) =>
    [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""),
  unicode: escapes((code) => `\\u${code.toString(16).padStart(4, "0")}`),
  entities: escapes((code) => `&#${code};`),
};

type Form = (text: string) => string;

/** As programs write text in a URL, a form, JSON and HTML. */
const PROGRAMS: readonly Form[] = [
  encodeURIComponent,
  (text) => encodeURIComponent(text).replaceAll("%20", "+"),
  inJson,
  (text) => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`),
];
const TEXTS: readonly Form[] = [...PROGRAMS, ...Object.values(CLOSED_FORMS)];
const DIGITS: readonly Form[] = (["hex", "base64", "base64url"] as const).map(
  (encoding) => (text) => Buffer.from(text).toString(encoding),
);
const within = (outer: readonly Form[], inner: readonly Form[]): readonly Form[] =>
  outer.flatMap((one) =>
    inner.map(
      (other): Form =>
        (text) =>
          one(other(text)),
    ),
  );

/** Of each only what its readers undo: who puts text in digits does it with what a program has written. */
const COMPOSED: Readonly<Record<string, readonly Form[]>> = {
  "as text": TEXTS,
  "as text in text": within(TEXTS, TEXTS),
  "as digits in text": within(TEXTS, DIGITS),
  "as what a program wrote in digits": within(DIGITS, [encodeURIComponent, inJson]),
  "as digits in digits": within(DIGITS, DIGITS),
};

/** No reading of what is left holds the secret; the mask itself is looked through, too. */
function expectMasked(text: string, secret: string): void {
  for (const mask of [createMask([secret]), createPartialMask([secret])]) {
    const left = mask(text);
    expect(left).toContain(MASK);
    // Where the surroundings hold it once more, by chance, that is masked as well.
    expect(left.toLowerCase()).not.toContain(secret.toLowerCase());
  }
}

describe("masks", () => {
  it("find a plain secret behind whatever stands before and after it", () => {
    fc.assert(
      fc.property(around, secretOf(4), around, (before, secret, after) => {
        fc.pre(!MASK.includes(secret) && !secret.includes("*"));
        expectMasked(before + secret + after, secret);
      }),
      { numRuns: 300 },
    );
  });

  it.each(Object.entries(CLOSED_FORMS))("find one that is written as %s", (_, form) => {
    fc.assert(
      fc.property(around, secretOf(4), around, (before, secret, after) => {
        // What is cut short before it would change what is written, not only how it is read.
        const ahead = before.replace(/[%&\\].*$/, "");
        const left = createMask([secret])(`${ahead} ${form(secret)} ${after}`);
        expect(left).toContain(MASK);
        expect(left).not.toContain(form(secret));
      }),
      { numRuns: 300 },
    );
  });

  it.each(Object.entries(COMPOSED))("find one that was encoded once or twice, %s", (_, forms) => {
    fc.assert(
      fc.property(secretOf(8), fc.constantFrom(...forms), (secret, form) => {
        const written = form(secret);
        const text = `{"said":"token=${written}"}`;
        expect(createMask([secret])(text)).toContain(MASK);
        expect(createMask([secret])(text)).not.toContain(written);
        const index = new SecretIndex();
        index.add(secret);
        expect(index.candidates(text)).toContain(secret);
      }),
      { numRuns: 500 },
    );
  });

  it("find one with a percent sign and a backslash that was encoded twice for a URL", () => {
    const secret = "a%b\\c%41\\n";
    const twice = encodeURIComponent(encodeURIComponent(secret));
    expect(createMask([secret])(`token=${twice}!`)).toBe(`token=${MASK}!`);
  });

  it("leave ordinary text behind for a secret that reads as a letter", () => {
    expect(createMask(["%61\\\\\\"])("a banana")).toBe("a banana");
  });

  it("an index of many secrets names those that a text holds", () => {
    fc.assert(
      fc.property(
        around,
        fc.uniqueArray(secretOf(12), { minLength: 1, maxLength: 8 }),
        around,
        (before, secrets, after) => {
          const index = new SecretIndex();
          for (const secret of secrets) index.add(secret);
          for (const secret of secrets) {
            expect(index.candidates(before + secret + after)).toContain(secret);
          }
        },
      ),
    );
  });
});

describe("values that are called a token, without being declared secret", () => {
  const masked = createMask([]);

  it("are hidden behind braces that are no placeholder, and what is one stays", () => {
    for (const [given, shown] of [
      ["{abc123", "***"],
      ["{{abc123", "***"],
      ["{{{{abc123", "***"],
      ["{{{{abc123}}", "***"],
      ["{{{vars.token}}", "***"],
      ["{{vars.token}}", "{{vars.token}}"],
      ["{{vars.token}}abc123", "{{vars.token}}***"],
      ["abc123{{conn.index}}", "***{{conn.index}}"],
      ["{{vars.token}}-{{conn.index}}", "{{vars.token}}-{{conn.index}}"],
      ["{{data.users['first name']}}", "{{data.users['first name']}}"],
    ] as const) {
      expect(masked(`ws://h/x?token=${given}&room=1`)).toBe(`ws://h/x?token=${shown}&room=1`);
      expect(masked(`ws://u:${given}@h/x`)).toBe(`ws://u:${shown}@h/x`);
    }
  });

  it("cost no more than their length", () => {
    for (const part of ["{{a}}", "{{a", "{", "}}", "{{a}}:", "?token={{", "a://b:{{c}}"]) {
      const text = `ws://u:${part.repeat(40_000)}?token=${part.repeat(40_000)}`;
      expect(masked(text).length).toBeGreaterThan(0);
    }
  });
});

/** One or two more than a placeholder has, and what they could run together with. */
const braces = fc.string({ unit: fc.constantFrom("{", "}", "x", " "), maxLength: 6 });

describe("a URL made of the environment and a secret", () => {
  it("is what was written, whatever braces stand ahead of the secret", () => {
    const scenario = `
version: 1
target: "{{env.URL}}{{vars.token}}{{env.MORE}}"
vars: { token: { env: TOKEN, secret: true } }
load: [{ phase: up, ramp: burst, to: 1, hold: 1s }]
`;
    const inUrl = braces.map((text) => text.replaceAll(" ", "y"));
    fc.assert(
      fc.property(inUrl, inUrl, (before, after) => {
        const URL = `ws://127.0.0.1:9001/x?t=${before}`;
        const parsed = parseScenario(scenario, {
          fileName: "a.yaml",
          env: { URL, MORE: after, TOKEN: "S3cr3t-Zebra" },
          readFile: () => Buffer.alloc(0),
        });
        if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
        const [target] = parsed.scenario.targets;
        const template = compileUrl(target?.url ?? "", parsed.scenario);
        // Values are encoded, what stands between them is not.
        const sent = `${URL}S3cr3t-Zebra${encodeURIComponent(after)}`;
        expect(decodeURIComponent(template.render(SAMPLE))).toBe(decodeURIComponent(sent));
        expect(target?.url).not.toContain("S3cr3t");
      }),
    );
  });
});

describe("what explain prints", () => {
  const scenario = (header: string) => `
version: 1
target: ws://127.0.0.1:9001
vars: { token: { env: TOKEN, secret: true } }
load: [{ phase: up, ramp: burst, to: 1, hold: 1s }]
cleanup:
  - { name: undo, kind: call, url: "http://127.0.0.1:9/x", headers: { authorization: ${JSON.stringify(header)} } }
`;

  function read(text: string, secret: string) {
    const parsed = parseScenario(text, {
      ...{ fileName: "a.yaml", env: { TOKEN: secret } },
      readFile: () => Buffer.alloc(0),
    });
    if (!parsed.ok) throw new Error(`${JSON.stringify(parsed.issues)}\n${text}`);
    return parsed;
  }

  it("has a secret in a header as its reference, whatever braces stand around it", () => {
    // As an author writes text: two braces are doubled, one ahead of a placeholder is a placeholder itself.
    const text = (plain: string) => plain.replaceAll("{", "{{'{'}}");
    const printable = secretOf(6).filter((one) => /^[ -~]+$/.test(one) && !/^[{}x ]+$/.test(one));
    fc.assert(
      fc.property(braces, printable, braces, (before, secret, after) => {
        const first = read(scenario(`k${text(before)}{{vars.token}}${text(after)}k`), secret);
        const explained = explain(first);
        expect(explained).not.toContain(secret);
        expect(read(explained, secret).scenario.cleanup).toEqual(first.scenario.cleanup);
      }),
      { numRuns: 300 },
    );
  });
});
