/**
 * Where a rule stands in the scenario's file, for its annotation. Called by annotations.mjs. Invariant: a line is named only
 * where both the measure and, at or below it, the rule as written are found; a rule that came from elsewhere has none.
 */

/** @returns the line, from 1; undefined when it is not in the text */
export function lineOfRule(text, { metric, rule }) {
  const lines = text.split(/\r\n|\r|\n/);
  const isKey = (line) => {
    const at = line.indexOf(metric);
    // A key ends with a colon, behind its quotes if it has any; a longer name is another measure.
    return (
      at >= 0 &&
      !/[\w-]$/.test(line.slice(0, at)) &&
      /^["']?\s*:/.test(line.slice(at + metric.length))
    );
  };
  const from = lines.findIndex((line) => /["']?thresholds["']?\s*:/.test(line));
  if (from < 0) return undefined;
  for (let key = from; key < lines.length; key++) {
    if (!isKey(lines[key])) continue;
    const at = lines.findIndex((line, index) => index >= key && line.includes(rule));
    return at < 0 ? undefined : at + 1;
  }
  return undefined;
}
