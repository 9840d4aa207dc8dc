/** Numbers as sentences of the analysis show them. Pure; used wherever a judgement is put into words. */
import type { Limit, Observed } from "./judgement.ts";

/** From microseconds. */
export function ms(us: number): string {
  return `${Number((us / 1000).toPrecision(3))} ms`;
}

export function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

/** Beyond it numbers are not written digit by digit. */
const MOST_DIGITS = 1e12;
/** Below it JavaScript writes an exponent. */
const LEAST = 1e-6;

/** 12345.6789 -> "12,345.679". By hand: the runtime's own tables take longer to load than a short run has to report. */
export function count(value: number): string {
  const size = Math.abs(value);
  if (!(size < MOST_DIGITS)) return value.toLocaleString("en-US");
  // Of the digits as they are written, so that 1.0005 is 1.001.
  const thousandths = size < LEAST ? 0 : Math.round(Number(`${size}e3`));
  const whole = String(Math.floor(thousandths / 1000)).replace(/\B(?=(\d{3})+$)/g, ",");
  const part = String(thousandths % 1000)
    .padStart(3, "0")
    .replace(/0+$/, "");
  return `${value < 0 ? "-" : ""}${whole}${part === "" ? "" : `.${part}`}`;
}

/** "12 of 400 (3 %)" */
export function partOf(part: number, whole: number): string {
  return `${count(part)} of ${count(whole)} (${percent(part / whole)})`;
}

/** With its unit. */
export function shown({ unit, value }: Pick<Observed | Limit, "unit" | "value">): string {
  if (typeof value === "string") return value;
  if (value === null) return "nothing";
  switch (unit) {
    case "ms":
      return ms(value * 1000);
    case "share":
      return percent(value);
    case "seconds":
      return `${count(value)} s`;
    case "perSecond":
      return `${count(value)}/s`;
    default:
      return count(value);
  }
}
