/** Goal: the coordinator's log tells who comes and goes, each change once. Method: listings as the fleet makes them. */
import { describe, expect, it } from "vitest";
import type { Member } from "../../../coordinator/fleet/members.ts";
import { Roster } from "../../../coordinator/fleet/roster.ts";
import { createLog } from "../../../shared/log.ts";
import { WIRE_VERSION } from "../../../shared/wire/plan.ts";
import type { WorkerStatus } from "../../../shared/wire/worker-info.ts";

function member(id: string, over: { wire?: number; overdue?: boolean; status?: object } = {}) {
  const info = { id, host: "rack", engines: 1, capacity: 10, fenceAfterMs: 1000 };
  return {
    epoch: id.charCodeAt(0),
    info: { ...info, wire: over.wire ?? WIRE_VERSION, version: "9.9.9" },
    status: (over.status ?? null) as WorkerStatus | null,
    ...{ renewals: 0, attached: true, heardUs: 0, overdue: over.overdue ?? false },
  } satisfies Member;
}

function setUp() {
  const lines: string[] = [];
  const roster = new Roster(createLog("c", "info", (line) => lines.push(line.trim())));
  const look = (...members: Member[]) => {
    lines.length = 0;
    roster.look(members, (epoch) => (epoch === 97 ? "r1" : null));
    return [...lines];
  };
  return look;
}

describe("Roster", () => {
  it("says that a worker joined, and that it left, once each", () => {
    const look = setUp();
    expect(look(member("a"))).toEqual([
      "c info: worker a joined: host rack, 1 engine, up to 10 connections",
    ]);
    expect(look(member("a"))).toEqual([]);
    expect(look()).toEqual(["c info: worker a left"]);
    expect(look()).toEqual([]);
  });

  it("says why a worker is refused, and what one reports", () => {
    const look = setUp();
    expect(look(member("b", { wire: 999 }))[0]).toMatch(
      /^c warn: worker b refused: it is of version 9\.9\.9 and speaks wire version 999; this/,
    );
    const reports = member("a", { status: { problem: "no\\u001b[31m room\\nhere" } });
    expect(look(reports)).toHaveLength(3);
    expect(look(reports)).toEqual([]);
  });

  it("says that a worker drains, is lost, is back", () => {
    const look = setUp();
    look(member("a"));
    const leaving = member("a", { status: { leaving: true } });
    expect(look(leaving)).toEqual([
      "c info: worker a drains, run r1: it gets nothing more, others take over",
    ]);
    expect(look(leaving)).toEqual([]);
    const lost = member("a", { overdue: true });
    expect(look(lost)).toEqual(["c warn: worker a lost, run r1: nothing was heard of it"]);
    expect(look(lost)).toEqual([]);
    expect(look(member("a"))).toEqual(["c info: worker a is back"]);
    look(lost);
    expect(look()).toEqual([]);
  });
});
