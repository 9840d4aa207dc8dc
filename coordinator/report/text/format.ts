/**
 * Numbers as people read them, in a terminal and in reports: with a unit, grouped digits and three useful
 * figures. Called by everything that shows a number. Invariant: a missing measure is "no data", never a zero.
 */

import { count } from "../../analysis/text.ts";

export const NO_DATA = "no data";

/** 12345 -> "12,345". */
export function formatCount(value: number): string {
  return count(Math.round(value));
}

/** "1 worker", "12 workers", "2 processes". */
export function countOf(value: number, noun: string, plural = "s"): string {
  return `${formatCount(value)} ${noun}${value === 1 ? "" : plural}`;
}

/** Milliseconds -> "340 µs", "4.21 ms", "128 ms", "1.28 s", "2 min 5 s". */
export function formatMs(ms: number | null): string {
  if (ms === null) return NO_DATA;
  const size = Math.abs(ms);
  if (size === 0) return "0 ms";
  if (size < 0.9995) return `${(ms * 1000).toFixed(0)} µs`;
  if (size < 9.995) return `${ms.toFixed(2)} ms`;
  if (size < 99.95) return `${ms.toFixed(1)} ms`;
  if (size < 999.5) return `${ms.toFixed(0)} ms`;
  if (size < 9_995) return `${(ms / 1000).toFixed(2)} s`;
  return formatSeconds(ms / 1000);
}

/** Microseconds, as formatMs. */
export function formatUs(us: number | null): string {
  return formatMs(us === null ? null : us / 1000);
}

/** Seconds -> "12.3 s", "2 min 5 s", "1 h 0 min". */
export function formatSeconds(seconds: number): string {
  if (seconds < 59.95) return `${trimZeros(seconds.toFixed(1))} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** Seconds -> "02:05" or "1:02:05", for a clock that counts. */
export function formatClock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value: number) => String(value).padStart(2, "0");
  const minutes = `${two(Math.floor((whole % 3600) / 60))}:${two(whole % 60)}`;
  return whole < 3600 ? minutes : `${Math.floor(whole / 3600)}:${minutes}`;
}

/** 0.99987 -> "99.987%"; never rounds up to 100% or down to 0% what is not. */
export function formatShare(share: number | null): string {
  if (share === null) return NO_DATA;
  const percent = share * 100;
  if (percent > 99.999 && percent < 100) return "> 99.999%";
  if (percent > 0 && percent < 0.001) return "< 0.001%";
  return `${trimZeros(percent.toFixed(3))}%`;
}

/** Bytes -> "512 B", "4.2 MB" (powers of 1000, as networks and disks count). */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"] as const;
  let size = bytes;
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${unit === 0 || size >= 99.95 ? size.toFixed(0) : size.toFixed(1)} ${units[unit]}`;
}

/** "8,012/s", "0.8/s"; what is less than one in ten seconds by the minute or hour: "1.5/min", "1/h". */
export function formatRate(perSecond: number): string {
  if (perSecond > 0 && perSecond < 0.1) {
    const byMinute = perSecond * 60 >= 0.1;
    const rate = perSecond * (byMinute ? 60 : 3600);
    return `${trimZeros(rate.toFixed(2))}/${byMinute ? "min" : "h"}`;
  }
  return `${perSecond > 0 && perSecond < 10 ? trimZeros(perSecond.toFixed(2)) : formatCount(perSecond)}/s`;
}

function trimZeros(fixed: string): string {
  return fixed.includes(".") ? fixed.replace(/\.?0+$/, "") : fixed;
}

/**
 * "34 lost, 2 late": counts that were measured, then the names of those that were not.
 * What needs a stamp or a reply to be counted is not 0 without one.
 */
export function formatCounts(counts: Readonly<Record<string, number | null>>): string {
  const measured: string[] = [];
  const missing: string[] = [];
  for (const [what, value] of Object.entries(counts)) {
    if (value === null) missing.push(what);
    else measured.push(`${formatCount(value)} ${what}`);
  }
  if (missing.length > 0) measured.push(`not measured: ${missing.join(", ")}`);
  return measured.join(", ");
}
