/** Goal: the demo sees every difference between report and oracle. Method: equal counts, then one off by one. */
import { describe, expect, it } from "vitest";
import { compareCounts, comparisonText } from "../../../coordinator/cli/terminal/comparison.ts";
import { makeStyle } from "../../../coordinator/cli/terminal/style.ts";
import { sampleSummary } from "./samples.ts";

const counted = {
  accepted: 9_990,
  open: 0,
  closed: 9_990,
  messagesIn: 7_990,
  messagesOut: 7_990,
  bytesIn: 4_200_000,
  bytesOut: 4_100_000,
};

describe("compareCounts", () => {
  it("finds equal what is equal", () => {
    const rows = compareCounts(sampleSummary(), counted);
    expect(rows.every(({ same }) => same)).toBe(true);
    expect(comparisonText(rows, makeStyle(false))).not.toContain("differs");
  });

  it.each(Object.keys(counted) as (keyof typeof counted)[])("sees %s off by one", (field) => {
    const rows = compareCounts(sampleSummary(), { ...counted, [field]: counted[field] + 1 });
    expect(rows.filter(({ same }) => !same)).toHaveLength(1);
    expect(comparisonText(rows, makeStyle(false)).match(/✗ differs/g)).toHaveLength(1);
  });
});
