/**
 * The section of a frame about single failures and healthy connections: [texts, failures, controls], where rows name
 * signatures and addresses by their position in texts. Part of frame-codec.ts, which describes the whole.
 * Invariant: what is read is within FRAME_LIMITS.
 */
import { MAX_CONNECTIONS } from "../../load/arrivals.ts";
import { FAILURE_KINDS } from "../../stats/failure-kind.ts";
import {
  type ConnectionMoment,
  type ControlSample,
  EVENT_LIMITS,
  type FailureEvent,
} from "./failure-event.ts";
import type { FrameDictionary } from "./frame-dictionary.ts";
import { FRAME_LIMITS } from "./frame-limits.ts";
import type { FrameReader } from "./frame-reader.ts";
import { readHarmless, readPhase } from "./frame-rows.ts";
import { RECENT_EVENTS } from "./recent-event.ts";

const MOST_EVENTS = (EVENT_LIMITS.connections + EVENT_LIMITS.messages) * FRAME_LIMITS.spanSeconds;
const MOST_CONTROLS = EVENT_LIMITS.controls * FRAME_LIMITS.spanSeconds;
const MOST_TEXTS = 2 * (MOST_EVENTS + MOST_CONTROLS);
const MOMENT_ENTRIES = 20;
/** A clock that does not run. */
const NONE = -1;
const MAX_WEIGHT = 1e12;

interface Observed {
  readonly events: readonly FailureEvent[];
  readonly controls: readonly ControlSample[];
}

export function observedSection({ events, controls }: Observed): unknown[] {
  const texts = new Map<string, number>();
  const place = (text: string): number => {
    const known = texts.get(text);
    if (known !== undefined) return known;
    texts.set(text, texts.size);
    return texts.size - 1;
  };
  const failures = events.map((event) => [
    FAILURE_KINDS.indexOf(event.kind),
    place(event.signature),
    event.weight,
    ...momentRow(event, place),
  ]);
  const healthy = controls.map((control) => [control.weight, ...momentRow(control, place)]);
  return [[...texts.keys()], failures, healthy];
}

function momentRow(moment: ConnectionMoment, place: (text: string) => number): unknown[] {
  const { ageMs, idleRxMs, idleTxMs, tokenAgeMs } = moment;
  return [
    ...[moment.atUs, moment.connection, moment.attempt, moment.target, moment.role, moment.phase],
    place(moment.address),
    ...[ageMs ?? NONE, idleRxMs ?? NONE, idleTxMs ?? NONE, tokenAgeMs ?? NONE],
    ...[moment.sent, moment.received, moment.bytesSent, moment.open],
    ...[moment.inFlight, moment.bufferedBytes, moment.lastName, moment.lastBytes],
    moment.recent,
  ];
}

export function readObserved(reader: FrameReader, by: FrameDictionary): Observed {
  reader.tuple("observed", 3);
  const texts = list(reader, { what: "observed.texts", most: MOST_TEXTS }, () =>
    readHarmless(reader, "observed.texts"),
  );
  const { names } = by.map("failures");
  const events = list(reader, { what: "events", most: MOST_EVENTS }, (): FailureEvent => {
    reader.tuple("events", 3 + MOMENT_ENTRIES);
    const index = reader.integer("events.kind", 0, names.length - 1);
    const signature = readText(reader, texts);
    const weight = readWeight(reader);
    const moment = readMoment(reader, texts);
    const kind = FAILURE_KINDS[by.position("failures", index)];
    if (kind !== undefined) return { kind, signature, weight, ...moment };
    // As a failure group of a kind that only the frame's build knows.
    const name = names[index] ?? "";
    const connects = by.map("connectFailures").names.includes(name);
    return {
      ...{ kind: connects ? "unknown-connect" : "unknown-open", signature: name },
      ...{ weight, ...moment },
    };
  });
  const controls = list(reader, { what: "controls", most: MOST_CONTROLS }, () => {
    reader.tuple("controls", 1 + MOMENT_ENTRIES);
    const weight = readWeight(reader);
    return { weight, ...readMoment(reader, texts) };
  });
  return { events, controls };
}

function list<Row>(
  reader: FrameReader,
  { what, most }: { readonly what: string; readonly most: number },
  read: () => Row,
): Row[] {
  const length = reader.array(what, most);
  return Array.from({ length }, read);
}

function readMoment(reader: FrameReader, texts: readonly string[]): ConnectionMoment {
  return {
    atUs: reader.size("moment.atUs"),
    connection: reader.integer("moment.connection", 0, MAX_CONNECTIONS - 1),
    attempt: reader.count("moment.attempt"),
    target: reader.integer("moment.target", 0, FRAME_LIMITS.targets - 1),
    role: reader.integer("moment.role", 0, FRAME_LIMITS.roles - 1),
    phase: readPhase(reader, "moment.phase"),
    address: readText(reader, texts),
    source: "",
    servedBy: "",
    ageMs: readClock(reader),
    idleRxMs: readClock(reader),
    idleTxMs: readClock(reader),
    tokenAgeMs: readClock(reader),
    sent: reader.count("moment.sent"),
    received: reader.count("moment.received"),
    bytesSent: reader.count("moment.bytesSent"),
    open: reader.count("moment.open"),
    inFlight: reader.count("moment.inFlight"),
    bufferedBytes: reader.count("moment.bufferedBytes"),
    lastName: reader.integer("moment.lastName", NONE, FRAME_LIMITS.names - 1),
    lastBytes: reader.count("moment.lastBytes"),
    // The frame's bytes are not kept for its sake.
    recent: new Uint8Array(reader.binary("moment.recent", 2 * RECENT_EVENTS)),
  };
}

function readClock(reader: FrameReader): number | null {
  const value = reader.integer("moment.clock", NONE, Number.MAX_SAFE_INTEGER);
  return value === NONE ? null : value;
}

function readText(reader: FrameReader, texts: readonly string[]): string {
  return texts[reader.integer("observed.text", 0, texts.length - 1)] as string;
}

function readWeight(reader: FrameReader): number {
  const weight = reader.size("observed.weight");
  if (weight > MAX_WEIGHT) reader.refuse("observed.weight", "is too large");
  return weight;
}
