/**
 * Reading the rows of a frame: lists whose entries have different keys, and the failure groups among them. Part of
 * frame-codec.ts, which describes the whole. Invariant: what is read is within FRAME_LIMITS.
 */
import { MAX_CONNECTIONS } from "../../load/arrivals.ts";
import { CODE_LIMIT, CODED_KINDS } from "../../stats/failure-code.ts";
import { FAILURE_KINDS, type FailureKind } from "../../stats/failure-kind.ts";
import type { FailureGroup, FailureSample, Frame } from "./frame.ts";
import type { FrameDictionary } from "./frame-dictionary.ts";
import { FRAME_LIMITS } from "./frame-limits.ts";
import type { FrameReader } from "./frame-reader.ts";

/** Reads an array of rows that must have different keys. */
export function rows<Row>(
  reader: FrameReader,
  { what, most }: { readonly what: string; readonly most: number },
  read: () => readonly [key: number | string, row: Row],
): Row[] {
  const length = reader.array(what, most);
  const keys = new Set<number | string>();
  const list: Row[] = [];
  for (let at = 0; at < length; at++) {
    const [key, row] = read();
    list.push(row);
    keys.add(key);
    if (keys.size !== list.length) reader.refuse(what, "names one thing twice");
  }
  return list;
}

export function readPhase(reader: FrameReader, what: string): number {
  return reader.integer(what, 0, FRAME_LIMITS.phases - 1);
}

export function readFailures(
  reader: FrameReader,
  by: FrameDictionary,
  spanSeconds: number,
): FailureGroup[] {
  const most = FRAME_LIMITS.failureGroupsPerSecond * spanSeconds;
  const { names } = by.map("failures");
  const groups = rows(reader, { what: "failures", most }, () => {
    reader.tuple("failures", 6);
    const index = reader.integer("failures.kind", 0, names.length - 1);
    const signature = readHarmless(reader, "failures.signature");
    const phase = readPhase(reader, "failures.phase");
    const target = reader.integer("failures.target", 0, FRAME_LIMITS.targets - 1);
    const count = reader.count("failures.count");
    const sample = readSample(reader);
    const kind = FAILURE_KINDS[by.position("failures", index)] ?? null;
    const rest = { phase, target, count, sample };
    const group: FailureGroup =
      kind === null ? unknownGroup(by, index, rest) : { kind, signature, ...rest };
    return [failureKey(index, phase, target, signature), group];
  });
  return groups.some(({ kind }) => kind === "unknown-connect" || kind === "unknown-open")
    ? joined(groups)
    : groups;
}

/** A kind that only the frame's build knows: its name takes the place of the signature. */
function unknownGroup(
  by: FrameDictionary,
  index: number,
  rest: Omit<FailureGroup, "kind" | "signature">,
): FailureGroup {
  const signature = by.map("failures").names[index] ?? "";
  const connects = by.map("connectFailures").names.includes(signature);
  const kind: FailureKind = connects ? "unknown-connect" : "unknown-open";
  return { kind, signature, ...rest };
}

/** Groups that have become alike are one; the first sample stays. */
function joined(groups: readonly FailureGroup[]): FailureGroup[] {
  const sums = new Map<string, FailureGroup>();
  for (const group of groups) {
    const { kind, phase, target, signature } = group;
    const key = `${kind} ${phase} ${target} ${signature}`;
    const sum = sums.get(key);
    const count = group.count + (sum?.count ?? 0);
    sums.set(key, { ...group, count, sample: sum?.sample ?? group.sample });
  }
  return [...sums.values()];
}

export function readAgreed(reader: FrameReader): Frame["agreed"][number][] {
  return rows(reader, { what: "agreed", most: FRAME_LIMITS.agreed }, () => {
    reader.tuple("agreed", 3);
    const protocol = readHarmless(reader, "agreed.protocol");
    const extensions = readHarmless(reader, "agreed.extensions");
    const count = reader.count("agreed.count");
    return [`${protocol}\n${extensions}`, { protocol, extensions, count }];
  });
}

/** Codes of kinds that only the frame's build knows are left out: their failures are counted with the others. */
export function readCodes(reader: FrameReader, by: FrameDictionary): Frame["codes"][number][] {
  const { names } = by.map("codes");
  return rows(reader, { what: "codes", most: names.length * CODE_LIMIT }, () => {
    reader.tuple("codes", 3);
    const index = reader.integer("codes.kind", 0, names.length - 1);
    const kind = CODED_KINDS[by.position("codes", index)] ?? null;
    const code = reader.integer("codes.code", 0, CODE_LIMIT - 1);
    const count = reader.count("codes.count");
    return [index * CODE_LIMIT + code, { kind, code, count }];
  }).filter((row): row is Frame["codes"][number] => row.kind !== null);
}

/** Text of a target that was made harmless where it was seen. */
export function readHarmless(reader: FrameReader, what: string): string {
  const text = reader.text(what, FRAME_LIMITS.signature);
  if (CONTROL_CHARACTER.test(text)) reader.refuse(what, "has a control character");
  return text;
}

/** Identity of a failure group within a frame. */
function failureKey(kind: number, phase: number, target: number, signature: string): string {
  return `${kind} ${phase} ${target} ${signature}`;
}

function readSample(reader: FrameReader): FailureSample | null {
  if (reader.skipNull()) return null;
  reader.tuple("failures.sample", 5);
  return {
    connection: reader.integer("failures.sample.connection", 0, MAX_CONNECTIONS - 1),
    attempt: reader.count("failures.sample.attempt"),
    atUs: reader.number("failures.sample.atUs"),
    ageUs: reader.size("failures.sample.ageUs"),
    detail: reader.text("failures.sample.detail", FRAME_LIMITS.detail),
  };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;
