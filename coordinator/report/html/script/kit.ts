/**
 * Numbers and times as the page's script writes them, and the ticks of a time axis. Sent to the browser by script.ts;
 * time-plot.ts uses the ticks, too, so that the page and its script agree. Invariant: functions refer to one another alone,
 * because only their source travels.
 */

/** Round moments between two, at most seven. */
export function timeTicks(from: number, to: number): number[] {
  const steps = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400,
  ];
  const span = to - from;
  const step = steps.find((one) => span / one <= 6) ?? Math.ceil(span / 6);
  const ticks: number[] = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) ticks.push(at);
  return ticks;
}

/** "22:13:20", of UTC. */
export function timeOfDay(startMs: number, seconds: number): string {
  return new Date(startMs + seconds * 1000).toISOString().slice(11, 19);
}

export function clock(seconds: number): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor((seconds % 3600) / 60))}:${two(Math.floor(seconds % 60))}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

export function reading(
  unit: string,
  low: number | null | undefined,
  high: number | null | undefined,
): string {
  if (high === null || high === undefined) return "no data";
  const show = (value: number): string => {
    if (unit === "ms") return milliseconds(value);
    if (unit === "seconds") return clock(value);
    if (unit === "share") return `${Number((value * 100).toPrecision(3))}%`;
    return value.toLocaleString("en-US") + (unit === "perSecond" ? "/s" : "");
  };
  if (low === null || low === undefined || low === high) return show(high);
  return `${show(low)} to ${show(high)}`;
}

export function milliseconds(ms: number): string {
  if (ms < 1) return `${Math.round(ms * 1000)} µs`;
  if (ms < 1000) return `${Number(ms.toPrecision(3))} ms`;
  return `${Number((ms / 1000).toPrecision(3))} s`;
}
