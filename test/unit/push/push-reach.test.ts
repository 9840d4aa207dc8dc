/** Who of a scope got which message, in one engine: places, leaving, repeats, late copies, and what is too much to count. */
import { beforeEach, describe, expect, it } from "vitest";
import { TargetText } from "../../../shared/scenario/mask/target-text.ts";
import type { FrameReach } from "../../../shared/wire/frame/frame.ts";
import { PushReach } from "../../../worker/push/push-reach.ts";
import { ScopeMembers } from "../../../worker/push/scope-members.ts";
import { PushRows } from "../../../worker/record/push-rows.ts";

const SECOND = 1_000_000;
let rows: PushRows;
let members: ScopeMembers;
let reach: PushReach;
let scope: number;

beforeEach(() => {
  rows = new PushRows(new TargetText([]));
  members = new ScopeMembers();
  reach = new PushReach(rows, () => members);
  scope = rows.addScope(3, 77, "room");
});

/** A copy for the connection in a slot; whoever is not a member has no place. */
function receive(key: number, slot: number, nowUs: number, sentUs = nowUs - 1000): void {
  const place = members.placeOf(slot);
  reach.receive({ scope, key, phase: 0, place, nowUs, sentUs });
}

function join(count: number, atUs = 0): void {
  for (let slot = 0; slot < count; slot++)
    members.join(slot, { index: 100 + slot, shift: 0 }, atUs);
}

function only(): FrameReach {
  const cut = rows.cutReaches();
  expect(cut).toHaveLength(1);
  return cut[0] as FrameReach;
}

describe("reach", () => {
  it("shares out the members: reached, left and missed", () => {
    join(6);
    for (const slot of [0, 1, 2]) receive(8, slot, SECOND + slot * 1000, SECOND - 500);
    members.leave(4, SECOND + 5000);
    reach.expire(6 * SECOND - 1);
    expect(rows.cutReaches()).toEqual([]);
    expect(reach.nextDueUs).toBe(6 * SECOND);
    reach.expire(6 * SECOND);
    expect(only()).toEqual({
      ...{ name: 3, phase: 0, scope: 77, key: 8, sentUs: SECOND - 500, level: 0 },
      ...{ members: 6, reached: 3, left: 1, missed: 2, others: 0, repeated: 0 },
      timesUs: [500, 1500, 2500],
      unreached: [103, 105],
    });
    expect(reach.nextDueUs).toBe(Number.POSITIVE_INFINITY);
  });

  it("does not miss those that a fault keeps from it", () => {
    join(2);
    const victim = { index: 102, shift: 0 };
    members.join(2, victim, 0);
    receive(8, 0, SECOND);
    victim.shift = 2;
    reach.expire(6 * SECOND);
    expect(only()).toMatchObject({ reached: 1, left: 1, missed: 1, unreached: [101] });
  });

  it("leaves out who came after it was sent, or had left before", () => {
    join(3);
    members.leave(2, SECOND - 10);
    members.join(7, { index: 107, shift: 0 }, SECOND + 10);
    receive(8, 0, SECOND + 1000, SECOND);
    receive(8, 7, SECOND + 2000, SECOND);
    reach.endAll();
    expect(only()).toMatchObject({ members: 2, reached: 1, missed: 1, left: 0, others: 1 });
  });

  it("counts copies beyond the first, and those that come too late", () => {
    join(2);
    receive(8, 0, SECOND);
    receive(8, 0, SECOND + 5);
    receive(8, 1, SECOND + 6);
    reach.expire(6 * SECOND);
    expect(only()).toMatchObject({ reached: 2, repeated: 1, missed: 0 });
    receive(8, 1, 7 * SECOND);
    rows.received(scope);
    reach.endAll();
    expect(rows.cutReaches()).toEqual([]);
    expect(rows.cutScopes()).toEqual([
      { name: 3, scope: 77, label: "room", received: 1, late: 1, members: 0 },
    ]);
  });

  it("takes a message that claims to be old or of the future for one that was just sent", () => {
    join(1, SECOND);
    for (const [at, sentUs] of [-60 * SECOND, 9 * SECOND].entries())
      receive(8 * at, 0, 2 * SECOND, sentUs);
    reach.endAll();
    for (const row of rows.cutReaches())
      expect(row).toMatchObject({ sentUs: 2 * SECOND, reached: 1 });
  });

  it("gives the place of one that left to another, and the other is not taken for it", () => {
    join(4);
    members.leave(1, SECOND);
    receive(8, 0, SECOND + 10, SECOND - 10);
    expect(members.join(9, { index: 109, shift: 0 }, 2 * SECOND)).toBe(4);
    reach.endAll();
    expect(only()).toMatchObject({
      members: 4,
      reached: 1,
      left: 1,
      missed: 2,
      unreached: [102, 103],
    });
    expect(members.join(10, { index: 110, shift: 0 }, 22 * SECOND)).toBe(1);
    receive(16, 10, 23 * SECOND);
    reach.endAll();
    expect(only()).toMatchObject({ members: 5, reached: 1, missed: 4 });
  });

  it("tells of many receivers by as many times as stand for all", () => {
    join(1000);
    for (let slot = 0; slot < 1000; slot++)
      receive(8, slot, 2 * SECOND + slot * 100, 2 * SECOND - 1);
    reach.endAll();
    const { timesUs, reached } = only();
    expect(reached).toBe(1000);
    expect(timesUs).toHaveLength(33);
    expect([timesUs[0], timesUs[16], timesUs[32]]).toEqual([1, 50_001, 99_901]);
  });

  it("counts one in two messages when there are too many, the same ones everywhere", () => {
    join(1);
    for (let key = 1; key <= 5000; key++) receive(key, 0, SECOND + key, SECOND);
    reach.endAll();
    const cut = rows.cutReaches();
    expect(cut.length).toBeLessThan(2600);
    const level = Math.max(...cut.map((row) => row.level));
    expect(level).toBeGreaterThan(0);
    for (const row of cut) expect(row.key % 2 ** row.level).toBe(0);
    expect(cut.filter(({ key }) => key % 2 ** level === 0)).toHaveLength(
      Math.floor(5000 / 2 ** level),
    );
  });
});
