/**
 * By what a server tells that a kind of fault acts on a connection, and from when until when. Used by
 * test/conformance/fault-wire-suite.ts, which plays all kinds in one run, each to the connections of a role of its own. Invariant: every
 * kind of the registry has a row, or this file does not compile.
 */
import {
  FAULT_KINDS,
  type FaultAct,
  faultKindOf,
} from "../../shared/scenario/sections/faults/registry.ts";
import { drawUnit, Stream } from "../../shared/time/random.ts";
import type { WireConnection, WireRequest } from "./wire-server.ts";

const MS = 1000;
export const SECOND = 1_000_000;
/** Of a fault, since the second phase began. */
export const FROM_US = 0.5 * SECOND;
export const UNTIL_US = 1.5 * SECOND;
/** When those are cut whose attempts to connect are hit, and how soon they try again. */
export const CUT_US = 0.6 * SECOND;
export const RETRY_US = 0.3 * SECOND;
/** After it everybody is as before. */
export const AFTER_US = 2.4 * SECOND;
/** Pings of the server. */
export const PING_EVERY_US = 50 * MS;

/** All that the server saw of a connection of the plan; times since the second phase began. */
export interface SeenOfOne {
  readonly index: number;
  readonly connections: readonly WireConnection[];
  /** In the order in which they began. */
  readonly requests: readonly WireRequest[];
}

/** The first and the last time at which it is seen, microseconds; null: it is not. */
export type Sighting = readonly [sinceUs: number, untilUs: number] | null;

interface Row {
  /** What the fault has beside, or in place of, what the example of its kind has. */
  readonly over?: Readonly<Record<string, unknown>>;
  /** Bytes of each of its messages, ten a second. */
  readonly bytes?: number;
  /** Of an attempt to connect. */
  readonly timeout?: string;
  /** How much later than the fault it may be seen first, and how much earlier than its end last; microseconds. */
  readonly lateUs?: number;
  readonly earlyUs?: number;
  /** How much later than its end it may be seen last. */
  readonly afterUs?: number;
  sign(one: SeenOfOne, fault: PlannedFault): Sighting;
}

export interface PlannedFault {
  readonly seed: number;
  /** Place of its window among all. */
  readonly position: number;
}

const SMALL_BYTES = 64;
export const bytesOf = ({ bytes = SMALL_BYTES }: Row): number => bytes;

function from(timesUs: readonly number[]): Sighting {
  return timesUs.length === 0 ? null : [Math.min(...timesUs), Math.max(...timesUs)];
}

/** Ends of its connections that are none of the plan's. */
const gone = ({ connections }: SeenOfOne): Sighting =>
  from(
    connections.flatMap(({ closedUs, code }) =>
      closedUs !== null && code !== 1000 && closedUs < AFTER_US ? [closedUs] : [],
    ),
  );

/** Pings of the server that are answered later than this: when they were sent, and when the last was answered. */
const late = ({ connections }: SeenOfOne, overUs: number): Sighting =>
  from(
    connections
      .flatMap(({ pings }) => pings)
      .flatMap(({ sentUs, answeredUs }) =>
        answeredUs !== null && answeredUs - sentUs > overUs ? [sentUs, answeredUs] : [],
      ),
  );

/** Half a second or more in which no whole message came. */
function gap({ connections }: SeenOfOne): Sighting {
  const times = connections.flatMap(({ messages }) => messages.map(({ atUs }) => atUs));
  const inside = times.filter((us) => us > 0 && us < AFTER_US).sort((a, b) => a - b);
  for (const [at, us] of inside.entries()) {
    const nextUs = inside[at + 1] ?? us;
    if (nextUs - us > SECOND / 2) return [us, nextUs];
  }
  return null;
}

/** More than eight messages in a tenth of a second. */
const dense = ({ connections }: SeenOfOne): Sighting => {
  const times = connections.flatMap(({ messages }) => messages.map(({ atUs }) => atUs));
  return from(
    times.filter((us) => times.filter((one) => one >= us && one < us + SECOND / 10).length > 8),
  );
};

/** Messages of more than so many bytes. */
const large = ({ connections }: SeenOfOne, bytes: number): Sighting =>
  from(
    connections
      .flatMap(({ messages }) => messages)
      .filter((one) => one.bytes > bytes)
      .map(({ atUs }) => atUs),
  );

/** Read in the middle of the fault, each second. */
function readPerSec({ connections }: SeenOfOne): number {
  const [fromUs, toUs] = [FROM_US + 100 * MS, UNTIL_US - 50 * MS];
  const inside = connections
    .flatMap(({ reads }) => reads)
    .filter(({ atUs }) => atUs >= fromUs && atUs < toUs);
  return (inside.reduce((sum, { bytes }) => sum + bytes, 0) * SECOND) / (toUs - fromUs);
}

/** Who was cut is let in again only when the fault is over. */
function heldOff({ connections, requests }: SeenOfOne): Sighting {
  const cutUs = connections[0]?.closedUs ?? null;
  const asked = requests.slice(1).find(({ askedUs }) => askedUs !== null);
  if (cutUs === null || asked?.askedUs == null) return null;
  return asked.askedUs - cutUs > 2 * RETRY_US ? [cutUs, asked.askedUs] : null;
}

const beside = ({ requests }: SeenOfOne): Sighting =>
  from(requests.slice(1).map(({ beganUs }) => beganUs));

/** What it answers pings with leaves, and comes, at this rate. */
const NARROW_PER_SEC = 16 * 1024;
const isNarrow = (one: SeenOfOne) =>
  readPerSec(one) > 0.5 * NARROW_PER_SEC && readPerSec(one) < 1.5 * NARROW_PER_SEC;
/** Ten of them a second are two and a half times of that. */
const WIDE = { bytes: 4096, lateUs: SECOND / 2 } as const;

const SPREAD_US = 200 * MS;
/** Those who come back only when the fault is over do so at the next attempt. */
const COMING_BACK = { lateUs: CUT_US - FROM_US, afterUs: 2 * RETRY_US } as const;

const ONE_SIDED = {
  disconnect: { sign: gone },
  "reconnect-storm": { sign: gone },
  protocol: { sign: gone },
  cut: {
    over: { after: "500ms" },
    // It comes back, and is cut again, each after half a second at most.
    ...{ lateUs: SECOND / 2, earlyUs: SECOND / 2 + RETRY_US },
    sign: gone,
  },
  idle: {
    afterUs: SECOND / 10,
    sign: (one) => (late(one, SECOND / 5) === null ? gap(one) : null),
  },
  "endless-fragments": {
    afterUs: SECOND / 10,
    sign: (one) => (large(one, 50_000) === null ? null : gap(one)),
  },
  flood: { earlyUs: SECOND / 10, sign: dense },
  burst: { sign: dense },
  oversize: { sign: (one) => large(one, 900_000) },
  "slow-writer": {
    ...{ lateUs: SECOND / 10, earlyUs: SECOND / 10 },
    sign: ({ connections }) =>
      // The smallest frame it sends has eight bytes.
      from(
        connections
          .flatMap(({ reads }) => reads)
          .flatMap(({ atUs, bytes }) => (bytes <= 6 ? [atUs] : [])),
      ),
  },
} satisfies Partial<Record<FaultAct["kind"], Row>>;

const HANDSHAKES = {
  "duplicate-login": {
    sign: ({ connections }) =>
      from(connections.slice(1).flatMap(({ openedUs, closedUs }) => [openedUs, closedUs ?? 0])),
  },
  "abandoned-handshake": {
    sign: ({ requests }) =>
      from(
        requests.flatMap(({ beganUs, askedUs, goneUs }) =>
          askedUs === null ? [beganUs, goneUs ?? Number.POSITIVE_INFINITY] : [],
        ),
      ),
  },
  "bad-headers": { sign: beside },
  "handshake-flood": { earlyUs: SECOND / 10, sign: beside },
  "slow-handshake": {
    // Longer than the fault: what waits leaves when it is over.
    ...{ over: { rate: "100/s" }, timeout: "2s", lateUs: CUT_US - FROM_US + RETRY_US },
    sign: ({ requests }) =>
      from(
        requests.flatMap(({ beganUs, askedUs }) =>
          askedUs !== null && askedUs - beganUs > RETRY_US ? [beganUs, askedUs] : [],
        ),
      ),
  },
  "stale-token": {
    ...{ lateUs: CUT_US - FROM_US + RETRY_US, earlyUs: SECOND },
    sign: ({ requests }) =>
      from(
        requests.flatMap(({ head, askedUs }) =>
          head.includes("Bearer expired") ? [askedUs ?? Number.POSITIVE_INFINITY] : [],
        ),
      ),
  },
  "dns-failure": { ...COMING_BACK, sign: heldOff },
  "wrong-address": { ...COMING_BACK, timeout: "200ms", sign: heldOff },
  "tls-failure": { ...COMING_BACK, sign: heldOff },
} satisfies Partial<Record<FaultAct["kind"], Row>>;

const BOTH_WAYS = {
  "stop-reading": { earlyUs: SECOND / 10, sign: (one) => late(one, 300 * MS) },
  "slow-reader": {
    ...{ bytes: 4096, lateUs: SECOND / 5, earlyUs: SECOND / 10 },
    sign: (one) => late(one, 300 * MS),
  },
  "refuse-pong": {
    earlyUs: PING_EVERY_US,
    sign: ({ connections }) =>
      from(
        connections
          .flatMap(({ pings }) => pings)
          .flatMap(({ sentUs, answeredUs }) =>
            answeredUs === null && sentUs < AFTER_US ? [sentUs] : [],
          ),
      ),
  },
  latency: { earlyUs: SECOND / 10, sign: (one) => late(one, 90 * MS) },
  bandwidth: { ...WIDE, sign: (one) => (isNarrow(one) ? late(one, 300 * MS) : null) },
  blackhole: { sign: (one) => (gap(one) === null ? null : late(one, 300 * MS)) },
  stall: {
    ...{ over: { loss: "50%" }, lateUs: SECOND / 2, earlyUs: SECOND / 2 },
    sign: (one) => late(one, 150 * MS),
  },
  reorder: {
    earlyUs: 2 * SPREAD_US,
    /** A delay of its own, the one of the seed, both ways; a delay near none is told from none by it, too. */
    sign(one, { seed, position }) {
      const ownUs = 2 * SPREAD_US * drawUnit(seed, Stream.network, position, one.index);
      const inside = one.connections
        .flatMap(({ pings }) => pings)
        .filter(({ sentUs }) => sentUs > FROM_US + 50 * MS && sentUs < UNTIL_US - 2 * SPREAD_US)
        .map(({ sentUs, answeredUs }) => (answeredUs ?? Number.POSITIVE_INFINITY) - sentUs);
      const isOwn = inside.every((us) => us > ownUs - 20 * MS && us < ownUs + 40 * MS);
      return isOwn ? late(one, Math.max(40 * MS, ownUs - 20 * MS)) : null;
    },
  },
  combination: { ...WIDE, sign: (one) => (isNarrow(one) ? late(one, 90 * MS) : null) },
} satisfies Partial<Record<FaultAct["kind"], Row>>;

const SIGNS: Readonly<Record<FaultAct["kind"], Row>> = {
  ...ONE_SIDED,
  ...HANDSHAKES,
  ...BOTH_WAYS,
};

const CUT_BYTES = 300;

/** Other ways of single kinds. */
const WAYS: readonly (readonly [name: string, kind: FaultAct["kind"], row: Row])[] = [
  [
    ...(["cut-by-bytes", "cut"] as const),
    {
      ...SIGNS.cut,
      over: { after: undefined, bytes: CUT_BYTES },
      sign(one) {
        const again = one.connections.filter(({ openedUs, code }) => openedUs > 0 && code === 1006);
        const most = again.map(({ reads }) => reads.reduce((sum, { bytes }) => sum + bytes, 0));
        return most.every((bytes) => bytes <= CUT_BYTES) ? gone(one) : null;
      },
    },
  ],
  [
    ...(["disconnect-by-silence", "disconnect"] as const),
    {
      over: { how: "silence", for: "1s" },
      /** Half-open: no pong comes, and the transport ends when the fault does. */
      sign({ connections: [first] }) {
        const silent = (first?.pings ?? []).filter(({ answeredUs }) => answeredUs === null);
        const times = silent.map(({ sentUs }) => sentUs).filter((us) => us < AFTER_US);
        return times.length < 10 ? null : from([...times, first?.closedUs ?? 0]);
      },
    },
  ],
];

export interface PlayedRow {
  /** Of its fault: its kind, or a way of it. */
  readonly name: string;
  readonly kind: FaultAct["kind"];
  /** Keys of the fault, but for its time, its victims and its name. */
  readonly keys: Readonly<Record<string, unknown>>;
  readonly row: Row;
  readonly lasts: boolean;
}

/** What is played: every kind of the registry, then other ways of some. */
export const ROWS: readonly PlayedRow[] = [
  ...FAULT_KINDS.map(({ kind }) => [kind, kind, SIGNS[kind]] as const),
  ...WAYS,
].map(([name, kind, row]) => {
  const keys = { ...faultKindOf(kind).example, ...row.over };
  return { name, kind, keys, row, lasts: Object.hasOwn(keys, "for") };
});
