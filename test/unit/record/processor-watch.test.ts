/** Goal: time without a processor is a share of the time looked at. Method: files as Linux writes them, and this thread's own. */
import { expect, it } from "vitest";
import { ProcessorWatch } from "../../../worker/record/processor-watch.ts";

it.each([
  ["did not wait", "900 5000000 7", 0],
  ["waited for 250 ms", "900 255000000 9", 0.25],
  ["waited for more than there was time", "900 9005000000 9", 1],
  ["is another thread's", "10 20 1", 0],
  ["cannot be read", "no figures", 0],
])("a thread that %s", (_, after, share) => {
  let told = "800 5000000 7\n";
  const watch = new ProcessorWatch(() => told);
  told = `${after}\n`;
  expect(watch.sample(1_000_000)).toBeCloseTo(share, 6);
});

it("without such a file it is 0", () => {
  const watch = new ProcessorWatch(() => {
    throw new Error("ENOENT");
  });
  expect(watch.sample(1_000_000)).toBe(0);
});

it("of this thread it is a share", () => {
  const share = new ProcessorWatch().sample(1_000_000);
  expect(share).toBeGreaterThanOrEqual(0);
  expect(share).toBeLessThanOrEqual(1);
});
