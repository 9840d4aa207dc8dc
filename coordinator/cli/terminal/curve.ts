/**
 * A small area chart of block characters, for the planned load. Called by plan-text.ts. Pure. Invariant: a
 * column that is not zero is never shown as empty, and the highest one reaches the top.
 */
const EIGHTHS = " ▁▂▃▄▅▆▇█";

/** @returns `height` lines of `values.length` characters, top first */
export function areaChart(values: readonly number[], height: number): string[] {
  const top = Math.max(...values, 0);
  const levels = values.map((value) => {
    if (value <= 0 || top === 0) return 0;
    return Math.max(1, Math.round((value / top) * height * 8));
  });
  return Array.from({ length: height }, (_, line) => {
    const base = (height - 1 - line) * 8;
    return levels
      .map((level) => EIGHTHS[Math.min(8, Math.max(0, level - base))])
      .join("")
      .trimEnd();
  });
}
