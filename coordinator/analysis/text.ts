/** Numbers as sentences of the analysis show them. Pure; used wherever a judgement is put into words. */
import type { Limit, Observed } from "./judgement.ts";

/** From microseconds. */
export function ms(us: number): string {
  return `${Number((us / 1000).toPrecision(3))} ms`;
}

export function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

export function count(value: number): string {
  return value.toLocaleString("en-US");
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
