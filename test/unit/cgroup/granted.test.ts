import { describe, expect, it } from "vitest";
import { Cgroup } from "../../../shared/cgroup/cgroup.ts";
import { enginesFor, granted } from "../../../shared/cgroup/granted.ts";
import { QuotaWatch } from "../../../worker/record/quota-watch.ts";
import * as trees from "./trees.ts";
import { readerOf } from "./trees.ts";

const HOST = { processors: 8, memoryBytes: 16e9, availableBytes: 9e9 };

describe("what a process may use", () => {
  it.each([
    ["of the machine", {}, [8, 8, 7, 16e9, 9e9]],
    ["of nested groups", trees.V2_NESTED, [5, 1, 1, 536_870_912, 226_870_912]],
    ["of half a core", trees.V2_CONTAINER, [8, 1, 1, 268_435_456, 208_435_456]],
    ["of two cores", trees.V1_CONTAINER, [2, 2, 1, 314_572_800, 214_572_800]],
  ] as const)("%s", (_name, tree, [processors, cores, engines, memoryBytes, availableBytes]) => {
    const allowed = granted(new Cgroup(readerOf(tree)), HOST);
    expect(allowed).toMatchObject({ processors, cores, memoryBytes, availableBytes });
    expect(enginesFor(allowed)).toBe(engines);
  });

  it("is never more than the machine has", () => {
    const small = { processors: 1, memoryBytes: 1e8, availableBytes: 5e7 };
    const allowed = granted(new Cgroup(readerOf(trees.V2_NESTED)), small);
    expect(allowed).toMatchObject({ cores: 1, memoryBytes: 1e8, availableBytes: 5e7 });
  });
});

describe("the time a quota has stopped a process", () => {
  const stat = (periods: number, throttledUs: number) => ({
    ...trees.V2_CONTAINER,
    "/sys/fs/cgroup/cpu.stat": `nr_throttled ${periods}\nthrottled_usec ${throttledUs}\n`,
  });

  it.each([
    ["nothing happened", stat(61, 2_500_000), 0],
    ["five stops of 60 ms", stat(66, 2_800_000), 0.3],
    ["two processors stopped at once, in four periods", stat(65, 3_300_000), 0.4],
    ["it was moved to another group", stat(0, 0), 0],
    ["the quota is gone", trees.V2_UNLIMITED, 0],
    ["more than there was time", stat(99, 9_500_000), 1],
  ])("%s", (_name, after, share) => {
    let tree: trees.Tree = trees.V2_CONTAINER;
    const watch = new QuotaWatch(new Cgroup((path) => tree[path] ?? null));
    tree = after;
    expect(watch.sample(1_000_000)).toBeCloseTo(share);
  });
});
