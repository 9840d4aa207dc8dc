/** How a change is written, in reasons and in tables alike: relative ones in per cent, shares in percentage points. */
import type { ComparedRow } from "./comparison.ts";

/** +5.2 %, -0.03 pp; never a sign before a zero. */
export function changeText(unit: ComparedRow["unit"], change: number): string {
  const points = change * 100;
  const digits = Math.abs(points) < 0.995 ? 2 : Math.abs(points) < 99.5 ? 1 : 0;
  const fixed = points.toFixed(digits).replace(/^-(0(?:\.0*)?)$/, "$1");
  return `${Number(fixed) > 0 ? "+" : ""}${fixed} ${unit === "share" ? "pp" : "%"}`;
}
