/**
 * Goal: what large messages cost is told from what a kind of message costs, and compression is named only where it was agreed on. Method:
 * runs told second by second in which one server takes so long for each large message, and small ones wait for it (M/G/1, seeded), or not.
 */
import { describe, expect, test } from "vitest";
import { diagnose } from "../../../../coordinator/analysis/diagnosis/rank.ts";
import { DETECTORS } from "../../../../coordinator/analysis/diagnosis/registry.ts";
import { Signals } from "../../../../coordinator/analysis/diagnosis/signals.ts";
import { drawUnit, Stream } from "../../../../shared/time/random.ts";
import { foldOf, sized, type Told } from "./story.ts";

const PLAN = { connections: 200, ramp: 2, ...sized([[64], [65_536]]) };
const DEFLATE = "permessage-deflate; client_max_window_bits=15";
const USUAL_US = 900;

interface Costs {
  /** Of a large message. */
  readonly us: number;
  /** From this second on. */
  readonly from?: number;
  /** Of a large message before that. */
  readonly beforeUs?: number;
  /** Small ones wait for it. */
  readonly isShared?: boolean;
  readonly extensions?: string;
}

/** Each second 180 small messages and 20 large ones come to one server, at any time. */
function costly({
  us,
  from = 0,
  beforeUs = 0,
  isShared = true,
  extensions = DEFLATE,
}: Costs): Told[] {
  let freeUs = 0;
  return Array.from({ length: 24 }, (_, second): Told => {
    const arrivals = Array.from({ length: 200 }, (_, at) => ({
      atUs: 1e6 * (second + drawUnit(11, Stream.slot, second, at)),
      isLarge: at % 10 === 0,
    })).sort((a, b) => a.atUs - b.atUs);
    const byName: [number[], number[]] = [[], []];
    for (const { atUs, isLarge } of arrivals) {
      const large = second >= from ? us : beforeUs;
      const cost = isLarge ? large : 0;
      const beginsUs = isShared ? Math.max(atUs, freeUs) : atUs;
      if (isShared) freeUs = beginsUs + cost;
      byName[isLarge ? 1 : 0].push(Math.round(beginsUs + cost - atUs) + USUAL_US);
    }
    return {
      ...{ open: 200, opened: second === 0 ? 200 : 0, byName },
      ...{ sent: Array(10).fill(20), received: Array(10).fill(20) },
      ...(second === 0 && { agreed: [{ protocol: "", extensions, count: 200 }] }),
    };
  });
}

const found = (of: Costs) => diagnose(new Signals(foldOf(costly(of), PLAN)), DETECTORS);
const causes = (of: Costs) => found(of).map(({ cause, confidence }) => `${cause} ${confidence}`);

describe("large messages that take the server", () => {
  test("are compressed, where that was agreed on", () => {
    const [one, ...others] = found({ us: 16_000, from: 8 });
    expect(one).toMatchObject({
      ...{ cause: "compression-cost", confidence: "possible", scope: { name: "ask" } },
      from: 9,
    });
    expect(one?.evidence.map(({ sentence }) => sentence).join()).toContain(
      "200 of 200 connections agreed to permessage-deflate",
    );
    expect(others).toEqual([]);
  });

  test("are compressed, also where each took some milliseconds before", () => {
    const [one, ...others] = found({ us: 30_000, from: 8, beforeUs: 8000 });
    expect(one).toMatchObject({ cause: "compression-cost", confidence: "possible", from: 9 });
    expect(others).toEqual([]);
  });

  test("may be held up on the way where nothing is compressed, if they were not before", () => {
    expect(causes({ us: 16_000, from: 8, extensions: "" })).toEqual(["bandwidth-limit possible"]);
  });

  test("hold up nobody when only their handler is slow", () => {
    expect(causes({ us: 30_000, from: 8, isShared: false })).toEqual(["slow-message-type likely"]);
  });

  test("may be so by their nature when they always were", () => {
    expect(causes({ us: 30_000 }).join()).not.toContain("compression-cost");
    expect(causes({ us: 30_000, extensions: "" }).join()).not.toContain("bandwidth-limit");
  });

  test("hardly are when they take a little longer", () => {
    expect(causes({ us: 2500, from: 8 })).toEqual([]);
  });
});
