/**
 * Masks secrets in text before it is stored or shown: registered values in every form they are likely to
 * take, and what looks like a credential in a URL. Called for scenario.yaml in the run directory, logs and
 * reports, and by workers for whatever a target says.
 * Invariant: no registered value of four characters or more is left in its plain, URL-encoded, JSON- or
 * HTML-escaped, hexadecimal or base64 form, nor in one of these within another, in upper or lower case, its
 * characters encoded alike or not.
 */
import { type DecodedText, decodeText, plainText, readingsOf } from "./decoded-text.ts";

export const MASK = "***";

/** Shorter secrets are masked in their plain form only: their other forms would hit ordinary text. */
const MIN_ENCODED_CHARS = 4;
/** A stretch of base64 or hexadecimal digits shorter than this says too little to be recognised. */
const MIN_DIGITS = 6;
/** A shorter secret is recognised as a whole only, but at the end of a text. */
const MIN_HALVED_CHARS = 12;
/** So much of a secret is recognised at the end of a text, where it may be cut off. */
const MIN_CUT_CHARS = 4;

/** Of a template; where there is one brace more it is text. */
const PLACEHOLDER = /(?<!\{)\{\{[^{}\n]{1,256}\}\}/;
const BY_PLACEHOLDER = new RegExp(`(${PLACEHOLDER.source})`);
/** Between placeholders: no secret. */
const SEPARATORS = /^[-_.:~]*$/;

// Both are bounded and read each character in one way, so that a long word costs no more than its length.
const URL_PASSWORD = new RegExp(
  `([a-z][a-z0-9+.-]{0,31}:\\/\\/[^\\s/?#@:"']*:)(${valueWith(`[^\\s/?#@"']`)})(?=@)`,
  "gi",
);
const QUERY_SECRET = new RegExp(
  `([?&;][\\w.-]{0,64}(?:token|key|secret|passw(?:or)?d|pwd|auth|signature|session)[\\w.-]{0,64}=)(${valueWith(`[^&;\\s"'#]`)})`,
  "gi",
);

/** Placeholders, whatever is in them, and characters of this class. */
function valueWith(character: string): string {
  return `(?:${PLACEHOLDER.source}|(?!${PLACEHOLDER.source})${character})+`;
}

/** Replaces what must not be shown. */
export type Mask = (text: string) => string;

/** What is looked for in decoded text. */
interface Needle {
  readonly text: string;
  /** So many of its first characters are enough. */
  readonly least: number;
  /** And so many at the end of the text. */
  readonly leastAtEnd: number;
}

interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** A reusable mask for a set of secrets. */
export function createMask(secrets: readonly string[]): Mask {
  return maskOf(secrets, (text) => ({ text, least: text.length, leastAtEnd: text.length }));
}

/**
 * As createMask, for text of somebody who may repeat a secret in part: also masks the first half or more of a secret
 * of 12 characters or more, and its first four or more at the end of the text, where a close reason is cut off.
 */
export function createPartialMask(secrets: readonly string[]): Mask {
  return maskOf(secrets, partly);
}

function partly(text: string): Needle {
  return {
    text,
    least: text.length < MIN_HALVED_CHARS ? text.length : Math.ceil(text.length / 2),
    leastAtEnd: Math.min(MIN_CUT_CHARS, text.length),
  };
}

/** What createPartialMask looks for in decoded text; nothing for a short secret, which it replaces in its plain form only. */
export function needlesOf(secret: string): readonly Needle[] {
  return secret.length < MIN_ENCODED_CHARS ? [] : formsOf(secret, partly);
}

function formsOf(secret: string, needleOf: (text: string) => Needle): Needle[] {
  return [
    ...plainForms(secret).map(needleOf),
    ...digitForms(secret).map((text) => ({ text, least: text.length, leastAtEnd: text.length })),
  ];
}

/** `text` with the secrets, passwords in URLs and secret-looking query values replaced by `***`. */
export function maskSecrets(text: string, secrets: readonly string[]): string {
  return createMask(secrets)(text);
}

function maskOf(secrets: readonly string[], needleOf: (text: string) => Needle): Mask {
  // Longest first, so that a short secret which contains another is masked whole.
  const short = secrets
    .filter(({ length }) => length > 0 && length < MIN_ENCODED_CHARS)
    .sort((a, b) => b.length - a.length);
  const long = [...new Set(secrets)].filter(({ length }) => length >= MIN_ENCODED_CHARS);
  const needles = long.flatMap((secret) => formsOf(secret, needleOf));
  return (text) => {
    let masked = needles.length === 0 ? text : hide(text, needles);
    for (const secret of short) masked = masked.replaceAll(secret, MASK);
    // Tables have millions of texts without either sign; to ask for it first costs a tenth of looking.
    if (masked.includes("@")) masked = masked.replace(URL_PASSWORD, withoutLiterals);
    return masked.includes("=") ? masked.replace(QUERY_SECRET, withoutLiterals) : masked;
  };
}

/** What names a value stays, and of the value its placeholders. */
function withoutLiterals(_: string, name: string, value: string): string {
  const parts = value.split(BY_PLACEHOLDER);
  const shown = parts.map((part, at) => (at % 2 === 1 || SEPARATORS.test(part) ? part : MASK));
  return name + shown.join("");
}

function hide(text: string, needles: readonly Needle[]): string {
  const readings = readingsOf(text);
  const found = needles.flatMap((needle) =>
    readings.flatMap((reading) => stretchesOf(reading, needle)),
  );
  if (found.length === 0) return text;
  found.sort((a, b) => a.start - b.start);
  let masked = "";
  let done = 0;
  for (const { start, end } of found) {
    if (start >= done) masked += text.slice(done, start) + MASK;
    done = Math.max(done, end);
  }
  return masked + text.slice(done);
}

/** Where a needle stands in the original, wholly or as far as it has to. */
function stretchesOf({ text, starts, ends }: DecodedText, needle: Needle): Stretch[] {
  const found: Stretch[] = [];
  const head = needle.text.slice(0, needle.least);
  const add = (from: number, length: number) => {
    const [start, end] = [starts[from], ends[from + length - 1]];
    if (start !== undefined && end !== undefined) found.push({ start, end });
  };
  for (let at = text.indexOf(head); at >= 0; ) {
    let length = head.length;
    while (length < needle.text.length && text[at + length] === needle.text[length]) length++;
    add(at, length);
    at = text.indexOf(head, at + length);
  }
  const whole = text.replace(ELLIPSIS, "");
  for (let length = needle.least - 1; length >= needle.leastAtEnd; length--) {
    if (!whole.endsWith(needle.text.slice(0, length))) continue;
    add(whole.length - length, length);
    break;
  }
  return found;
}

/** Decoded: dots, or the UTF-8 bytes of a horizontal ellipsis. */
const ELLIPSIS = /(?:\.{2,8}|\u00e2\u0080\u00a6)$/;

/**
 * A secret as decoded text has it: as it is, in upper and lower case (decoding knows those of ASCII only), and its UTF-8
 * read as Latin-1, as in the status line of an HTTP answer.
 */
function plainForms(secret: string): string[] {
  const said = [secret, secret.toUpperCase(), secret.toLowerCase()];
  const read = said.flatMap((form) => [form, Buffer.from(form).toString("latin1")]);
  // Where it looks like an escape itself, what is read as one of it, if that is no ordinary text.
  const decoded = read.map((form) => decodeText(form).text);
  const long = decoded.filter(({ length }) => length >= MIN_ENCODED_CHARS);
  return [...new Set([...read.map(plainText), ...long])];
}

/** Encodings of the bytes as a whole, of the secret and of what programs make of it first, as decoded text has them. */
function digitForms(secret: string): string[] {
  const forms = encodedForms(secret).flatMap((form) => {
    const bytes = Buffer.from(form);
    return [bytes.toString("hex"), ...base64Forms(bytes)];
  });
  const long = forms.filter(({ length }) => length >= MIN_DIGITS);
  return [...new Set(long.map(plainText))];
}

/** As it is, and as programs write it: in a URL, in JSON, in HTML, as digits. Most secrets are alike in the first four. */
function encodedForms(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [
    ...new Set([
      secret,
      encodeURIComponent(secret.toWellFormed()),
      JSON.stringify(secret).slice(1, -1),
      secret.replace(/[&<>"']/g, (sign) => `&${HTML[sign]};`),
      bytes.toString("hex"),
      bytes.toString("base64").replace(/=+$/, ""),
      bytes.toString("base64url"),
    ]),
  ];
}

const HTML: Readonly<Record<string, string>> = {
  ...{ "&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "#39" },
};

/**
 * The base64 of a secret depends on where it starts within a group of three bytes. For each of the three
 * starts: the characters that depend on the secret alone, in both alphabets.
 */
function base64Forms(bytes: Buffer): string[] {
  const forms: string[] = [];
  for (let lead = 0; lead < 3; lead++) {
    const encoded = Buffer.concat([Buffer.alloc(lead), bytes]).toString("base64");
    const from = Math.ceil((lead * 8) / 6);
    const until = Math.floor(((lead + bytes.length) * 8) / 6);
    const core = encoded.slice(from, until);
    forms.push(core, core.replaceAll("+", "-").replaceAll("/", "_"));
  }
  return forms;
}
