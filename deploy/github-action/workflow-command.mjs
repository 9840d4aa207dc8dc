/**
 * Workflow commands: lines on stdout that GitHub's runner acts upon. Called by run.mjs. Invariant: text from elsewhere
 * (a target, a scenario) is a value in a command of ours and cannot begin, end or extend one.
 */

const MAX_CHARS = 1000;
/** A runner shows no more of a kind for a step. */
export const MAX_ANNOTATIONS = 10;

/** Control, format and separator characters as \u{…}. */
function visible(text) {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu,
    (char) => `\\u{${char.codePointAt(0).toString(16)}}`,
  );
}

function cut(text) {
  const chars = [...text];
  return chars.length > MAX_CHARS ? `${chars.slice(0, MAX_CHARS).join("")}…` : text;
}

function escapeValue(text) {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text) {
  return escapeValue(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

/**
 * `::error file=…,line=…,title=…::message`, one line without its end.
 * @param annotation { level: "error" | "warning", title, message, file?, line?, column? }
 */
export function annotationLine({ level, title, message, file, line, column }) {
  const properties = Object.entries({ file, line, col: column, title })
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `${name}=${escapeProperty(cut(visible(String(value))))}`);
  return `::${level} ${properties.join(",")}::${escapeValue(cut(visible(message)))}`;
}

/** At most MAX_ANNOTATIONS of each level, in order; what is left out is said by the last of them. */
export function bounded(annotations) {
  return ["error", "warning"].flatMap((level) => {
    const those = annotations.filter((annotation) => annotation.level === level);
    if (those.length <= MAX_ANNOTATIONS) return those;
    const left = those.length - MAX_ANNOTATIONS + 1;
    const last = { level, title: "Onrush", message: `and ${left} more; the report has them all` };
    return [...those.slice(0, MAX_ANNOTATIONS - 1), last];
  });
}
