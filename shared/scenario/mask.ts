/**
 * Masks secrets in text before it is stored or shown: registered values in every form they are likely to
 * take, and what looks like a credential in a URL. Called for scenario.yaml in the run directory, logs
 * and reports. Invariant: no registered value of four characters or more is left in its plain,
 * URL-encoded, JSON-escaped or base64 form.
 */

export const MASK = "***";

/** Shorter secrets are masked in their plain form only: their other forms would hit ordinary text. */
const MIN_ENCODED_CHARS = 4;
/** A stretch of base64 shorter than this says too little to be recognised. */
const MIN_BASE64_CHARS = 6;

// Both are bounded, so that a long word costs no more than its length.
const URL_PASSWORD = /([a-z][a-z0-9+.-]{0,31}:\/\/)([^\s/?#@:"']*):(?!\{\{)[^\s/?#@"']+@/gi;
const QUERY_SECRET =
  /([?&;][\w.-]{0,64}(?:token|key|secret|passw(?:or)?d|pwd|auth|signature|session)[\w.-]{0,64}=)(?!\{\{)[^&;\s"'#]+/gi;

/** A reusable mask for a set of secrets. */
export function createMask(secrets: readonly string[]): (text: string) => string {
  const forms = new Set(secrets.flatMap((secret) => formsOf(secret)));
  // Longest first, so that a secret which contains another is masked whole.
  const ordered = [...forms].sort((a, b) => b.length - a.length);
  const pattern =
    ordered.length === 0
      ? null
      : new RegExp(ordered.map((form) => escapePattern(form)).join("|"), "g");
  return (text) => {
    const known = pattern === null ? text : text.replace(pattern, MASK);
    return known.replace(URL_PASSWORD, `$1$2:${MASK}@`).replace(QUERY_SECRET, `$1${MASK}`);
  };
}

/** `text` with the secrets, passwords in URLs and secret-looking query values replaced by `***`. */
export function maskSecrets(text: string, secrets: readonly string[]): string {
  return createMask(secrets)(text);
}

function formsOf(secret: string): string[] {
  if (secret === "") return [];
  if (secret.length < MIN_ENCODED_CHARS) return [secret];
  // Lone surrogates cannot be encoded; a round trip replaces them.
  const wellFormed = Buffer.from(secret).toString();
  const percent = encodeURIComponent(wellFormed);
  const json = JSON.stringify(secret).slice(1, -1);
  return [
    secret,
    percent,
    percent.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    percent.replaceAll("%20", "+"),
    json,
    JSON.stringify(json).slice(1, -1),
    ...base64Forms(Buffer.from(wellFormed)),
  ];
}

/**
 * The base64 of a secret depends on where it starts within a group of three bytes. For each of the three
 * starts: the characters that depend on the secret alone.
 */
function base64Forms(bytes: Buffer): string[] {
  const forms: string[] = [];
  for (let lead = 0; lead < 3; lead++) {
    const encoded = Buffer.concat([Buffer.alloc(lead), bytes]).toString("base64");
    const from = Math.ceil((lead * 8) / 6);
    const until = Math.floor(((lead + bytes.length) * 8) / 6);
    const core = encoded.slice(from, until);
    if (core.length < MIN_BASE64_CHARS) continue;
    forms.push(core, core.replaceAll("+", "-").replaceAll("/", "_"));
  }
  return forms;
}

function escapePattern(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
