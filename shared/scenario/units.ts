/**
 * Units: the only place where text becomes a quantity. Called by the fields of a scenario (shape/fields.ts), by the grammar
 * of thresholds and for options; the formatters are used where quantities are shown.
 * Invariant: parse(format(x)) = x for every quantity that can be parsed.
 */

/** A quantity, or what is wrong with the text and how to fix it. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly what: string; readonly hint: string };

/** 31 days, the longest duration of anything. */
export const MAX_DURATION_US = 31 * 86_400 * 1e6;
/** The highest rate of anything, per second. */
export const MAX_RATE_PER_SEC = 1e9;
/** 1 GiB, the largest size of anything. */
export const MAX_SIZE_BYTES = 1024 ** 3;

const DURATION_UNITS = [
  ["h", 3_600_000_000],
  ["m", 60_000_000],
  ["s", 1_000_000],
  ["ms", 1000],
  ["us", 1],
] as const;
const RATE_UNITS: Readonly<Record<string, number>> = { s: 1, min: 60, h: 3600 };
const SIZE_UNITS = [
  ["gb", 1024 ** 3],
  ["mb", 1024 ** 2],
  ["kb", 1024],
  ["b", 1],
] as const;

const DURATION_HINT = "write a number and a unit, such as 250ms, 10s, 5m, 1h or 1m30s";
const RATE_HINT = "write a rate such as 0.8/s, 200/s, 12000/min or 600/h";
const SIZE_HINT = "write bytes or a size such as 64, 4kb or 1mb";
const SHARE_HINT = "write a share such as 0.1% or 20%";

/** Units people write by mistake, with what to do. */
const MISTAKEN_UNITS: ReadonlyMap<string, string> = new Map([
  ...["sec", "secs", "second", "seconds"].map((name) => [name, "did you mean s?"] as const),
  ...["min", "mins", "minute", "minutes"].map((name) => [name, "did you mean m?"] as const),
  ...["hour", "hours", "hr"].map((name) => [name, "did you mean h?"] as const),
  ...["d", "day", "days"].map((name) => [name, "write it in hours: 24h"] as const),
  ["msec", "did you mean ms?"],
  ["\u00b5s", "did you mean us?"],
  ["ns", "the finest unit is us"],
]);

/** Text that is shown in a message: quoted, cut, control characters escaped. */
export function quoted(text: string): string {
  const cut = text.length > 60 ? `${text.slice(0, 57)}...` : text;
  return JSON.stringify(cut);
}

function fail(what: string, hint: string): { ok: false; what: string; hint: string } {
  return { ok: false, what, hint };
}

function numeric(text: string): number | null {
  return /^\d{1,15}(\.\d{1,9})?$/.test(text) ? Number(text) : null;
}

/**
 * `250ms`, `10s`, `1m30s` (units from large to small) to whole microseconds, 0 to MAX_DURATION_US.
 * @param usual the unit that is meant most often here, for the hint
 */
export function parseDuration(text: string, usual: "s" | "ms" = "s"): Parsed<number> {
  if (/^-/.test(text)) return fail(`a duration cannot be negative: ${quoted(text)}`, DURATION_HINT);
  if (/^\d+(\.\d+)?$/.test(text)) {
    return fail(`a duration needs a unit: ${quoted(text)}`, `did you mean ${text}${usual}?`);
  }
  if (!/^([\d.]{1,20}[a-z\u00b5]{1,10}){1,5}$/.test(text)) {
    return fail(`not a duration: ${quoted(text)}`, DURATION_HINT);
  }
  let totalUs = 0;
  let smallest = Number.POSITIVE_INFINITY;
  for (const [, digits = "", unit = ""] of text.matchAll(/([\d.]+)([a-z\u00b5]+)/g)) {
    const known = DURATION_UNITS.find(([name]) => name === unit);
    if (known === undefined) {
      const hint = MISTAKEN_UNITS.get(unit) ?? DURATION_HINT;
      return fail(`unknown unit ${quoted(unit)} in the duration ${quoted(text)}`, hint);
    }
    const amount = numeric(digits);
    if (amount === null) return fail(`not a duration: ${quoted(text)}`, DURATION_HINT);
    if (known[1] >= smallest) {
      return fail(`units out of order in ${quoted(text)}`, "write large units first: 1m30s");
    }
    smallest = known[1];
    totalUs += amount * known[1];
  }
  const valueUs = Math.round(totalUs);
  if (Math.abs(valueUs - totalUs) > 1e-6 * Math.max(1, totalUs)) {
    return fail(`finer than a microsecond: ${quoted(text)}`, DURATION_HINT);
  }
  if (valueUs > MAX_DURATION_US) return fail(`longer than 31 days: ${quoted(text)}`, "");
  return { ok: true, value: valueUs };
}

/** `200/s`, `12000/min`, `600/h` to events per second, 0 to MAX_RATE_PER_SEC. */
export function parseRate(text: string): Parsed<number> {
  if (/^-/.test(text)) return fail(`a rate cannot be negative: ${quoted(text)}`, RATE_HINT);
  const match = /^([\d.]{1,25})(?:\/([a-z]{1,10}))?$/.exec(text);
  const amount = numeric(match?.[1] ?? "");
  if (match === null || amount === null) return fail(`not a rate: ${quoted(text)}`, RATE_HINT);
  const unit = match[2];
  if (unit === undefined) {
    return fail(`a rate needs a unit of time: ${quoted(text)}`, `did you mean ${text}/s?`);
  }
  const seconds = Object.hasOwn(RATE_UNITS, unit) ? RATE_UNITS[unit] : undefined;
  if (seconds === undefined) {
    return fail(`unknown unit of time ${quoted(unit)} in the rate ${quoted(text)}`, RATE_HINT);
  }
  const perSec = amount / seconds;
  if (perSec > MAX_RATE_PER_SEC) return fail(`more than 1e9 per second: ${quoted(text)}`, "");
  return { ok: true, value: perSec };
}

/** `64`, `4kb`, `1mb` (1 kb = 1024 bytes) to whole bytes, 0 to `most`. */
export function parseSize(input: string | number, most = MAX_SIZE_BYTES): Parsed<number> {
  const text = String(input).toLowerCase();
  if (/^-/.test(text)) return fail(`a size cannot be negative: ${quoted(text)}`, SIZE_HINT);
  const match = /^([\d.]{1,25})([a-z]{0,10})$/.exec(text);
  const amount = numeric(match?.[1] ?? "");
  if (match === null || amount === null) return fail(`not a size: ${quoted(text)}`, SIZE_HINT);
  const unit = SIZE_UNITS.find(([name]) => name === (match[2] || "b"));
  if (unit === undefined) {
    return fail(`unknown unit ${quoted(match[2] ?? "")} in the size ${quoted(text)}`, SIZE_HINT);
  }
  const bytes = amount * unit[1];
  if (!Number.isInteger(bytes)) return fail(`not a whole number of bytes: ${quoted(text)}`, "");
  if (bytes > most) return fail(`larger than ${most / 2 ** 30} GiB: ${quoted(text)}`, "");
  return { ok: true, value: bytes };
}

/** `10kb/s` to whole bytes a second. */
export function parseByteRate(text: string): Parsed<number> {
  const [, amount] = /^(.*)\/s$/.exec(text) ?? [];
  if (amount !== undefined) return parseSize(amount);
  return fail(`not bytes a second: ${quoted(text)}`, "such as 10kb/s");
}

/** `20%` to 0.2; 0 to 1. */
export function parseShare(text: string): Parsed<number> {
  const amount = numeric(/^(.{1,25})%$/.exec(text)?.[1] ?? "");
  if (amount === null) return fail(`not a share: ${quoted(text)}`, SHARE_HINT);
  if (amount > 100) return fail(`a share cannot be more than 100%: ${quoted(text)}`, "");
  return { ok: true, value: Number((amount / 100).toPrecision(15)) };
}

/** Whole microseconds to the shortest exact text: 90000000 -> `1m30s`, 0 -> `0s`. */
export function formatDuration(valueUs: number): string {
  let rest = valueUs;
  let text = "";
  for (const [unit, size] of DURATION_UNITS) {
    const amount = Math.floor(rest / size);
    if (amount > 0) text += `${amount}${unit}`;
    rest -= amount * size;
  }
  return text === "" ? "0s" : text;
}

/** Events per second to text: the unit in which the number is exact and shortest. */
export function formatRate(perSec: number): string {
  for (const [unit, seconds] of Object.entries(RATE_UNITS)) {
    const amount = Number((perSec * seconds).toPrecision(15));
    const text = `${plain(amount)}/${unit}`;
    const back = parseRate(text);
    if (back.ok && back.value === perSec) return text;
  }
  return `${plain(perSec)}/s`;
}

/** Bytes to text in the largest unit that divides them: 4096 -> `4kb`, 100 -> `100`. */
export function formatSize(bytes: number): string {
  for (const [unit, size] of SIZE_UNITS) {
    if (bytes >= size && bytes % size === 0)
      return unit === "b" ? `${bytes}` : `${bytes / size}${unit}`;
  }
  return `${bytes}`;
}

/** 0..1 to text: 0.2 -> `20%`. */
export function formatShare(share: number): string {
  return `${plain(Number((share * 100).toPrecision(15)))}%`;
}

/** A number without an exponent, at most nine decimals. */
function plain(value: number): string {
  return value.toFixed(9).replace(/\.?0+$/, "");
}
