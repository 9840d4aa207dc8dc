/**
 * Shows a threshold's observed value in the unit its rule is written in. Called by the summary text, the
 * live view and the reports. Invariant: observed and limit can be compared by eye, because they share a unit.
 */
import { count } from "../../analysis/text.ts";
import { formatCount, formatMs, formatRate, formatShare, NO_DATA } from "./format.ts";

/**
 * @param rule as written, e.g. "p99 < 200ms", "failed < 0.1%", "lost == 0", "> 99.9%"
 * @param observed milliseconds for times, 0..1 for shares, plain for counts; null without data
 */
export function formatObserved(rule: string, observed: number | null): string {
  if (observed === null) return NO_DATA;
  const limit = rule.replace(/^.*[<>=!]=?\s*/, "").trim();
  if (limit.endsWith("%")) return formatShare(observed);
  if (/\d\s*(us|µs|ms|s|m|h)$/.test(limit)) {
    return limit.endsWith("/s") ? formatRate(observed) : formatMs(observed);
  }
  if (/\/(s|sec|min|m)$/.test(limit)) return formatRate(observed);
  return Number.isInteger(observed) ? formatCount(observed) : observed.toPrecision(4);
}

/** Room left as a share of the limit: 0.534 -> "53.4%", -0.1 -> "10% beyond". */
export function formatMargin(share: number): string {
  if (share < 0 && share > -0.005) return "< 1% beyond";
  if (share < 0) return `${formatCount(-share * 100)}% beyond`;
  return `${count(Math.round(share * 1000) / 10)}%`;
}
