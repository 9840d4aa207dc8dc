import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NONE, PendingTable } from "../../../worker/message/pending-table.ts";

function owner() {
  return { pendingHead: NONE, pendingTail: NONE, pendingCount: 0, expiredCount: 0 };
}

function listed(table: PendingTable, of: ReturnType<typeof owner>): number[] {
  const seqs: number[] = [];
  for (let at = of.pendingHead; at !== NONE; at = table.nextOf(at)) {
    seqs.push(table.seqOf(at));
  }
  return seqs;
}

describe("PendingTable", () => {
  it("times out in order of sending, per definition", () => {
    const table = new PendingTable([1000, 5000]);
    const a = owner();
    table.entry.definition = 1;
    table.entry.sentUs = 0;
    table.add(a);
    table.entry.definition = 0;
    table.entry.sentUs = 100;
    const quick = table.add(a);
    expect(table.overdue(0, 1099)).toBe(NONE);
    expect(table.overdue(0, 1100)).toBe(quick);
    expect(table.overdue(1, 1100)).toBe(NONE);
    table.expire(a, quick);
    expect(table.overdue(0, 9999)).toBe(NONE);
    expect([a.pendingCount, a.expiredCount]).toEqual([1, 1]);
    expect(table.isExpired(quick)).toBe(true);
    expect(table.definition(quick)).toBe(0);
  });

  it("keeps both lists right under any order of adding, expiring and removing", () => {
    const step = fc.record({
      kind: fc.constantFrom("add", "expire", "remove"),
      pick: fc.nat(1000),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const table = new PendingTable([1, 1]);
        const owners = [owner(), owner()];
        const model: { record: number; seq: number; who: number; expired: boolean }[] = [];
        steps.forEach(({ kind, pick }, seq) => {
          const at = model.length > 0 ? pick % model.length : -1;
          const row = model[at];
          if (kind === "add" || !row) {
            const who = pick % 2;
            table.entry.definition = pick % 2;
            table.entry.seq = seq;
            const record = table.add(owners[who]!);
            model.push({ record, seq, who, expired: false });
          } else if (kind === "expire") {
            if (row.expired) return;
            table.expire(owners[row.who]!, row.record);
            row.expired = true;
          } else {
            table.remove(owners[row.who]!, row.record);
            model.splice(at, 1);
          }
        });
        expect(table.used).toBe(model.length);
        for (const who of [0, 1]) {
          const rows = model.filter((row) => row.who === who);
          expect(listed(table, owners[who]!)).toEqual(rows.map(({ seq }) => seq));
          expect(owners[who]!.pendingCount).toBe(rows.filter(({ expired }) => !expired).length);
          expect(owners[who]!.expiredCount).toBe(rows.filter(({ expired }) => expired).length);
        }
      }),
    );
  });
});
