/**
 * Goal: on the wire every kind of fault happens to exactly the connections it was to hit, at its time, and stops. Method: all kinds in one
 * run of a real engine, each to half of the connections of a role of its own, against a server that tells what it saw of each
 * connection: one of the ws package, and the bundled target, with and without TLS. The same run without the faults shows none of
 * the signs. Run by fault-wire.lean.test.ts and fault-wire.ws.test.ts.
 */
import { describe, expect, it } from "vitest";
import { FAULT_KINDS } from "../../shared/scenario/sections/faults/registry.ts";
import { once } from "../../shared/scenario/shape/fields.ts";
import {
  AFTER_US,
  FROM_US,
  ROWS,
  SECOND,
  type Sighting,
  UNTIL_US,
} from "../support/fault-signs.ts";
import { type Played, playAllRows } from "../support/fault-wire-run.ts";
import { targetWireServer, type WireTls, wsWireServer } from "../support/wire-server.ts";
import { makeAuthority, makeLeaf } from "./certificates.ts";

/** On a clock that does not go on while the machine is busy. */
const TOLERANCE_US = 0.2 * SECOND;
const CERTIFICATE = makeLeaf(makeAuthority("faults"), { name: "faults", ips: ["127.0.0.1"] });
const SERVERS = { ws: wsWireServer, target: targetWireServer } as const;

/** A server, and whether it has TLS. */
export type WireCell = readonly [server: keyof typeof SERVERS, scheme: "ws" | "wss"];

export const ALL_CELLS: readonly WireCell[] = [
  ["ws", "ws"],
  ["ws", "wss"],
  ["target", "ws"],
  ["target", "wss"],
];

export function faultWireSuite(driver: "lean" | "ws", cells: readonly WireCell[]): void {
  it("looks for every kind of the registry", () => {
    const looked = new Set<string>(ROWS.map(({ kind }) => kind));
    expect(FAULT_KINDS.filter(({ kind }) => !looked.has(kind))).toEqual([]);
  });

  it("finds no sign of any kind where none acts", async () => {
    const { scenario, played } = await playAllRows((nowUs) => SERVERS.ws(nowUs, null), {
      ...{ driver, hasFaults: false },
    });
    const found = played.map((one) => [one.name, sightings(one, scenario.seed)]);
    expect(found).toEqual(ROWS.map(({ name }) => [name, {}]));
  });

  describe.each(cells)("the %s server, by %s", (server, scheme) => {
    const tls: WireTls = scheme === "wss" ? CERTIFICATE : null;
    // One run for all.
    const run = once(() => playAllRows((nowUs) => SERVERS[server](nowUs, tls), { driver }));

    it.each(ROWS.map(({ name }) => name))("sees %s", async (name) => {
      const { scenario, played } = await run();
      const one = played.find((row) => row.name === name);
      if (one === undefined) throw new Error("not played");
      expectOnWire(one, sightings(one, scenario.seed));
    });
  });
}

/** Of those on whom it is seen: since when, and until when. */
function sightings(
  { row, position, seen }: Played,
  seed: number,
): Readonly<Record<number, Sighting>> {
  const found = seen.map((one) => [one.index, row.sign(one, { seed, position })] as const);
  return Object.fromEntries(found.filter(([, sighting]) => sighting !== null));
}

function expectOnWire(
  { row, lasts, victims, counts, seen }: Played,
  found: Readonly<Record<number, Sighting>>,
): void {
  expect(victims.length).toBe(seen.length / 2);
  expect(Object.keys(found).map(Number)).toEqual(victims);
  const { lateUs = 0, earlyUs = 0, afterUs = 0 } = row;
  const overUs = lasts ? UNTIL_US : FROM_US;
  for (const [sinceUs, untilUs] of Object.values(found).flatMap((one) => (one ? [one] : []))) {
    expect(sinceUs).toBeGreaterThan(FROM_US - TOLERANCE_US);
    expect(sinceUs).toBeLessThan(FROM_US + lateUs + TOLERANCE_US);
    expect(untilUs).toBeGreaterThan(overUs - earlyUs - TOLERANCE_US);
    expect(untilUs).toBeLessThan(overUs + afterUs + TOLERANCE_US);
  }
  // What is reported is what the server saw, and afterwards everybody is served.
  expect(counts).toMatchObject({ started: victims.length, completed: victims.length });
  for (const { connections } of seen) {
    const last = connections.flatMap(({ messages }) =>
      messages.filter(({ atUs }) => atUs > AFTER_US),
    );
    expect(last.length).toBeGreaterThan(0);
  }
}
