/** Where the bus of a worker or coordinator comes from, in which order, and what is said when it comes from nowhere. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readConfig } from "../../../coordinator/cli/config.ts";
import { clusterOf } from "../../../coordinator/cli/options/cluster-option.ts";

const folder = mkdtempSync(join(tmpdir(), "onrush-bus-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, "bus");
writeFileSync(file, "redis://:secret@of-the-file:6379\n");

const KEY = { ONRUSH_CLUSTER_KEY: "a-key-of-this-test-0123456789-0123456789" };
const urlOf = (environment: Record<string, string>, bus?: string) =>
  clusterOf("worker", bus === undefined ? {} : { bus }, readConfig({ ...KEY, ...environment })).url;
const refused = (environment: Record<string, string>, options = {}) => {
  try {
    clusterOf("worker", options, readConfig(environment));
  } catch (error) {
    return error as Error & { code: string };
  }
  throw new Error("not refused");
};

describe("the bus", () => {
  it("is that of --bus, else of ONRUSH_BUS, else of the file", () => {
    const both = { ONRUSH_BUS: "nats://of-the-environment:4222", ONRUSH_BUS_FILE: file };
    expect(urlOf(both, "redis://of-the-option:6379")).toBe("redis://of-the-option:6379");
    expect(urlOf(both)).toBe("nats://of-the-environment:4222");
    expect(urlOf({ ONRUSH_BUS_FILE: file })).toBe("redis://:secret@of-the-file:6379");
  });

  it("is refused from a file that is empty or not there", () => {
    const empty = join(folder, "empty");
    writeFileSync(empty, "\n");
    expect(refused({ ...KEY, ONRUSH_BUS_FILE: empty }).message).toContain("it is empty");
    const nowhere = join(folder, "nowhere");
    expect(refused({ ...KEY, ONRUSH_BUS_FILE: nowhere }).message).toContain("ENOENT");
  });
});

describe("with an empty environment", () => {
  it("everything that is missing is named at once", () => {
    const { code, message } = refused({});
    expect(code).toBe("ONRUSH_USAGE");
    expect(message).toContain("--bus, ONRUSH_BUS or ONRUSH_BUS_FILE");
    expect(message).toContain("ONRUSH_CLUSTER_KEY or ONRUSH_CLUSTER_KEY_FILE");
  });

  it("and only that", () => {
    expect(refused(KEY).message).not.toContain("ONRUSH_CLUSTER_KEY");
    expect(refused({ ONRUSH_BUS: "redis://broker:6379" }).message).not.toContain("ONRUSH_BUS");
    expect(refused({}, { insecureNoKey: true }).message).not.toContain("ONRUSH_CLUSTER_KEY");
  });
});
