import { describe, expect, it } from "vitest";
import { Cgroup } from "../../../shared/cgroup/cgroup.ts";
import { hierarchyOf } from "../../../shared/cgroup/hierarchy.ts";
import * as trees from "./trees.ts";
import { readerOf, type Tree } from "./trees.ts";

const NOTHING = { cpuQuota: null, cpus: null, memoryBytes: null, pids: null };

describe("limits of control groups", () => {
  it.each([
    ["nested, version 2: the tightest of each", trees.V2_NESTED, [1.5, 5, 536_870_912, 512]],
    ["a pod's container, version 2", trees.V2_CONTAINER, [0.5, null, 268_435_456, null]],
    ["a container, version 1", trees.V1_CONTAINER, [2, 2, 314_572_800, null]],
    ["both versions, a quota further up", trees.HYBRID, [0.5, null, 1_000_000_000, null]],
    ["a path nobody can see", trees.V2_ELSEWHERE, [0.5, null, 268_435_456, null]],
    ["no limits", trees.V2_UNLIMITED, [null, null, null, null]],
    ["no control groups", {}, [null, null, null, null]],
  ] as const)("%s", (_name, tree, [cpuQuota, cpus, memoryBytes, pids]) => {
    const limits = new Cgroup(readerOf(tree)).limits();
    expect(limits).toEqual({ cpuQuota, cpus, memoryBytes, pids });
  });

  it.each([
    ["no text", { "/proc/self/cgroup": "", "/proc/self/mountinfo": "" }],
    ["no mount", { "/proc/self/cgroup": "0::/a\n" }],
    ["no group", { "/proc/self/mountinfo": "26 23 0:24 / /c rw - cgroup2 cgroup2 rw\n" }],
    [
      "rubbish",
      { "/proc/self/cgroup": "a\n0:\n::\n0::x\n", "/proc/self/mountinfo": " - \n1 - c\n" },
    ],
    ["rubbish in the files", rubbish("x y z")],
    ["negative numbers", rubbish("-1 -1")],
    ["a quota of nothing", rubbish("0 100000")],
  ] as const)("%s is no limit", (_name, tree: Tree) => {
    const cgroup = new Cgroup(readerOf(tree));
    expect({ ...cgroup.limits(), memoryBytes: null, pids: null }).toEqual(NOTHING);
    expect(cgroup.memory()).toBe(null);
    expect(cgroup.throttling()).toBe(null);
  });

  it("of a million nested groups those nearest to the root are read", () => {
    const path = "/a".repeat(1_000_000);
    const tree = {
      "/proc/self/cgroup": `0::${path}\n`,
      "/proc/self/mountinfo": "26 23 0:24 / /c rw - cgroup2 cgroup2 rw\n",
    };
    const folders = hierarchyOf("cpu", readerOf(tree))?.folders ?? [];
    expect(folders).toHaveLength(32);
    expect(folders.at(-1)).toBe("/c");
  });

  it("reads this machine without an error", () => {
    const cgroup = new Cgroup();
    expect(Object.keys(cgroup.limits())).toEqual(Object.keys(NOTHING));
    cgroup.memory();
    cgroup.throttling();
    cgroup.oomKills();
  });
});

function rubbish(text: string): Tree {
  return {
    "/proc/self/cgroup": "0::/\n",
    "/proc/self/mountinfo": "26 23 0:24 / /c rw - cgroup2 cgroup2 rw\n",
    "/c/cpu.max": text,
    "/c/memory.current": "5",
    "/c/cpuset.cpus.effective": text,
  };
}

describe("use of memory", () => {
  it.each([
    // 512 MiB less 310 MB is less room than 1 GiB less 80 MB.
    ["of the group with the least room", trees.V2_NESTED, 310_000_000, 536_870_912],
    ["without page cache, version 2", trees.V2_CONTAINER, 60_000_000, 268_435_456],
    ["without page cache, version 1", trees.V1_CONTAINER, 100_000_000, 314_572_800],
    ["where nothing tells the page cache", trees.HYBRID, 400_000_000, 1_000_000_000],
  ] as const)("%s", (_name, tree, usedBytes, limitBytes) => {
    expect(new Cgroup(readerOf(tree)).memory()).toEqual({ usedBytes, limitBytes });
  });
});

describe("what the kernel did about limits", () => {
  it.each([
    ["of all groups with a quota", trees.V2_NESTED, [280_000, 8, 100_000]],
    ["in nanoseconds, version 1", trees.V1_CONTAINER, [120_000, 3, 100_000]],
    ["nothing yet", trees.HYBRID, [0, 0, 50_000]],
  ] as const)("throttling %s", (_name, tree, [throttledUs, periods, periodUs]) => {
    const throttling = new Cgroup(readerOf(tree)).throttling();
    expect(throttling).toEqual({ throttledUs, periods, periodUs });
  });

  it("there is none without a quota", () => {
    expect(new Cgroup(readerOf(trees.V2_UNLIMITED)).throttling()).toBe(null);
  });

  it.each([
    [trees.V2_NESTED, 2],
    [trees.V1_CONTAINER, 4],
    [trees.HYBRID, null],
    [{}, null],
  ])("kills for want of memory", (tree, kills) => {
    expect(new Cgroup(readerOf(tree)).oomKills()).toBe(kills);
  });
});
