/** The worker's configuration: defaults, what is accepted, and what is refused with a way out. */
import { describe, expect, it } from "vitest";
import { Cgroup } from "../../../shared/cgroup/cgroup.ts";
import { type Granted, granted } from "../../../shared/cgroup/granted.ts";
import { openFilesLimit, parseProcLimits } from "../../../shared/open-files.ts";
import { readConfig } from "../../../worker/config.ts";
import { describeWorker } from "../../../worker/control/membership.ts";
import { CLUSTER_KEY, TEST_KEYS } from "../../support/cluster-key.ts";
import * as trees from "../cgroup/trees.ts";
import { readerOf, type Tree } from "../cgroup/trees.ts";

/** A machine of 16 processors and 64 GB, with such limits. */
function allowed(tree: Tree): Granted {
  const host = { processors: 16, memoryBytes: 64e9, availableBytes: 60e9 };
  return granted(new Cgroup(readerOf(tree)), host);
}

describe("a worker within control groups", () => {
  it.each([
    // 1.5 cores: one engine; 512 MiB less a tenth and 90 MB, at 10 kB a connection.
    ["nested, version 2", trees.V2_NESTED, { engines: 1, capacity: 39_318 }],
    ["a container, version 2", trees.V2_CONTAINER, { engines: 1, capacity: 15_159 }],
    ["a container, version 1", trees.V1_CONTAINER, { engines: 1, capacity: 19_311 }],
    ["none", {}, { engines: 15, capacity: Number.POSITIVE_INFINITY }],
  ] as const)("goes by their limits: %s", (_name, tree, { engines, capacity }) => {
    const config = readConfig({}, allowed(tree));
    expect(config.engines).toBe(engines);
    expect(config.capacity).toBe(Math.min(capacity, Math.max(1, openFilesLimit() - 200)));
    expect(config.engineHeapMb === null).toBe(config.memoryLimitBytes === null);
  });

  it("keeps the heaps of all engines within the limit", () => {
    for (const engines of ["1", "2", "4"]) {
      const config = readConfig({ ONRUSH_WORKER_ENGINES: engines }, allowed(trees.V2_NESTED));
      const heaps = (config.engineHeapMb ?? 0) * config.engines * 2 ** 20;
      expect(heaps).toBeGreaterThan(100e6);
      expect(heaps).toBeLessThan(0.6 * 536_870_912);
    }
  });

  it("a forked one is told its part", () => {
    const part = { ONRUSH_WORKER_MEMORY_BYTES: "200000000", ONRUSH_WORKER_CAPACITY: "77" };
    const config = readConfig(part, allowed(trees.V2_NESTED));
    expect(config).toMatchObject({ memoryLimitBytes: 200_000_000, capacity: 77 });
  });
});

describe("worker configuration", () => {
  it("has defaults that fit the machine", () => {
    const config = readConfig({});
    expect(config.engines).toBeGreaterThanOrEqual(1);
    expect(config.capacity).toBe(Math.max(1, openFilesLimit() - 200));
    expect(config.fenceAfterMs).toBe(20_000);
    expect(config.rejoin).toBe(false);
    expect(config.id).toContain(String(process.pid));
  });

  it("takes what it is given", async () => {
    const config = readConfig({
      ONRUSH_WORKER_ID: "w".repeat(500),
      ONRUSH_WORKER_ENGINES: "3",
      ONRUSH_WORKER_CAPACITY: "5000",
      ONRUSH_WORKER_FENCE_AFTER_MS: "",
      ONRUSH_WORKER_REJOIN: "1",
      ONRUSH_WORKER_RAW_LOG: "raw",
    });
    expect(config).toEqual({
      keys: [expect.objectContaining({ id: expect.any(Buffer) })],
      withoutKey: false,
      id: "w".repeat(120),
      engines: 3,
      capacity: 5000,
      memoryLimitBytes: null,
      engineHeapMb: null,
      limits: { maxConnections: null, maxRate: null },
      allowTargets: [],
      allowHooks: false,
      allowFaults: false,
      bus: null,
      fenceAfterMs: 20_000,
      leaveMs: 0,
      rejoin: true,
      health: null,
      rawLog: "raw",
    });
    expect(await describeWorker(config)).toMatchObject({
      id: config.id,
      engines: 3,
      capacity: 5000,
    });
  });

  it("wants the cluster's key for a bus, and names the command that makes one", () => {
    const cluster = { ONRUSH_WORKER_BUS: "redis://broker:6379" };
    expect(() => readConfig(cluster)).toThrow(
      expect.objectContaining({
        code: "ONRUSH_USAGE",
        message: expect.stringContaining("ONRUSH_CLUSTER_KEY"),
        remedy: expect.stringContaining("openssl rand -hex 32"),
      }),
    );
    expect(() => readConfig({ ...cluster, ONRUSH_CLUSTER_KEY: "too short" })).toThrow("32");
    expect(readConfig({ ...cluster, ONRUSH_CLUSTER_KEY: CLUSTER_KEY }).keys).toEqual(TEST_KEYS);
    const insecure = readConfig({ ...cluster, ONRUSH_WORKER_INSECURE_NO_KEY: "1" });
    expect(insecure.withoutKey).toBe(true);
  });

  it.each([
    [":7701", { host: null, port: 7701 }],
    ["127.0.0.1:0", { host: "127.0.0.1", port: 0 }],
    ["[::1]:7701", { host: "::1", port: 7701 }],
    ["LocalHost:7701", { host: "localhost", port: 7701 }],
  ])("tells its health at %s", (text, address) => {
    const health = { ONRUSH_WORKER_HEALTH: text };
    const cluster = { ONRUSH_WORKER_BUS: "redis://broker:6379", ONRUSH_CLUSTER_KEY: CLUSTER_KEY };
    expect(readConfig({ ...cluster, ...health }).health).toEqual(address);
    // Several are forked on one machine, with one environment.
    expect(readConfig(health).health).toBe(null);
  });

  it.each([
    ["ONRUSH_WORKER_HEALTH", "7701"],
    ["ONRUSH_WORKER_HEALTH", "127.0.0.1"],
    ["ONRUSH_WORKER_HEALTH", ":66000"],
    ["ONRUSH_WORKER_HEALTH", "a b:1"],
    ["ONRUSH_WORKER_ENGINES", "0"],
    ["ONRUSH_WORKER_ENGINES", "two"],
    ["ONRUSH_WORKER_ENGINES", "1e9"],
    ["ONRUSH_WORKER_CAPACITY", "-5"],
    ["ONRUSH_WORKER_CAPACITY", "1.5"],
    ["ONRUSH_WORKER_FENCE_AFTER_MS", "999"],
  ])("refuses %s=%s by name", (name, value) => {
    expect(() => readConfig({ [name]: value })).toThrow(
      expect.objectContaining({ code: "ONRUSH_USAGE", message: expect.stringContaining(name) }),
    );
  });
});

describe("open files limit", () => {
  const limits = (soft: string, hard: string) =>
    `Limit                     Soft Limit           Hard Limit           Units     \nMax open files            ${soft}                ${hard}                files     \nMax locked memory         8388608              8388608              bytes\n`;
  it.each([
    [limits("20000", "20000"), 20_000],
    [limits("1024", "524288"), 1024],
    [limits("unlimited", "unlimited"), 1_048_576],
    [limits("0", "0"), 1024],
    ["", 1024],
  ])("reads the soft limit", (text, expected) => {
    expect(parseProcLimits(text)).toBe(expected);
  });

  it("is at least one on this machine", () => {
    expect(openFilesLimit()).toBeGreaterThanOrEqual(1);
  });
});
