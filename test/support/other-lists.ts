/**
 * Frames as a build with other lists of counters would write them. Used by the tests of dictionaries. Invariant: what both
 * builds count stands in the frame as it was; what only the other one counts is FILLER.
 */
import { Packr } from "msgpackr";
import {
  COUNTER_LISTS,
  type CounterLists,
  checksumOf,
} from "../../shared/wire/frame/counter-lists.ts";
import type { Frame } from "../../shared/wire/frame/frame.ts";
import { encodeFrame } from "../../shared/wire/frame/frame-codec.ts";

export const FILLER = 7;

const packr = new Packr({ useRecords: false });

type List = keyof typeof COUNTER_LISTS;
type Row = unknown[];

/**
 * @param frame all of whose kinds, causes and metrics are in the lists
 * @param version in place of version and dictionary
 */
export function encodeAs(lists: CounterLists, frame: Frame, version?: number): Uint8Array {
  const placed = (name: List, values: Row, filler: unknown = FILLER): Row =>
    (lists[name] ?? []).map((entry) => {
      const at = (COUNTER_LISTS[name] as readonly string[]).indexOf(entry);
      return at < 0 ? filler : values[at];
    });
  const moved = (name: List, at: unknown): number =>
    (lists[name] ?? []).indexOf(COUNTER_LISTS[name][at as number] ?? "");
  const last = (name: List) => (row: Row) => row.with(-1, placed(name, row.at(-1) as Row));
  const first = (name: List) => (row: Row) => row.with(0, moved(name, row[0]));
  const sections = packr.unpack(encodeFrame(frame)) as [...Row[]];
  const change = (at: number, by: (section: Row) => unknown) => {
    const section = sections[at] ?? null;
    if (section !== null) sections[at] = by(section) as Row;
  };
  change(0, ([current]) => version ?? [current, checksumOf(lists)]);
  change(5, (rows) => (rows as Row[]).map(last("shards")));
  change(6, (rows) => (rows as Row[]).map(last("phases")));
  change(7, (rows) => (rows as Row[]).map(last("names")));
  change(8, (rows) => (rows as Row[]).map(first("metrics")));
  change(9, (rows) => placed("ticks", rows, Array(frame.spanSeconds * 10).fill(FILLER)));
  change(10, (rows) => (rows as Row[]).map(first("failures")));
  change(11, (rows) => (rows as Row[]).map(first("closes")));
  change(12, (values) => placed("health", values));
  change(13, ([counters, values]) => [placed("phases", counters as Row), values]);
  change(14, (rows) => (rows as Row[]).map(last("targets")));
  change(16, (rows) => (rows as Row[]).map(first("codes")));
  if (lists["roles"] !== undefined) change(19, (rows) => (rows as Row[]).map(last("roles")));
  change(20, ([texts, events, controls]) => [
    ...[texts, (events as Row[]).map(first("failures")), controls],
  ]);
  change(21, (values) => placed("kernel", values));
  return new Uint8Array(packr.pack(sections));
}

/** This build's frame, with every position as it is, said to be by those lists. */
export function relabelled(lists: CounterLists, frame: Frame): Uint8Array {
  const [[version], ...rest] = packr.unpack(encodeFrame(frame)) as [Row, ...Row[]];
  return new Uint8Array(packr.pack([[version, checksumOf(lists)], ...rest]));
}
