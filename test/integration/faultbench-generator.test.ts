/**
 * Goal: faults of the generator do what they say to the processes of one run, and nothing to others: the range of ports shrinks in a network of
 * its own, lost frames are lost of one worker alone. Method: the real programs of the system, a stored journal.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, expect, it } from "vitest";
import { summarySchema } from "../../coordinator/report/summary-schema.ts";
import { localPortRange } from "../../shared/local-ports.ts";
import { readCases, type Trial } from "../faultbench/case-file.ts";
import type { Ends } from "../faultbench/generator/fault.ts";
import { missingNamespace, startNamespace } from "../faultbench/generator/namespace.ts";
import { bound } from "../faultbench/generator/registry.ts";
import { liveRun, missingFor } from "../faultbench/live-run.ts";
import { scratch } from "../support/programs.ts";
import { recordsOf, STORED } from "../support/stored-journals.ts";

const ends: Ends = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const around = { mark: "", seed: 1, way: null, ends };

it.skipIf(missingNamespace() !== null)("takes ports from a network of its own alone", async () => {
  const before = localPortRange();
  const namespace = await startNamespace(ends);
  const [ports] = bound({ ports: 50 });
  await ports?.begin({ ...around, namespace });
  const [command = "", ...prefix] = namespace.prefix;
  const file = "/proc/sys/net/ipv4/ip_local_port_range";
  const { stdout } = spawnSync(command, [...prefix, "cat", file], { encoding: "utf8" });
  expect(stdout.trim().split(/\s+/)).toEqual(["61000", "61049"]);
  expect(localPortRange()).toEqual(before);
});

it("refuses to take ports from the machine, and what a fault does not know", async () => {
  const [ports] = bound({ ports: 50 });
  await expect(ports?.begin({ ...around, namespace: null })).rejects.toThrow("network of its own");
  expect(() => bound({ ports: "all" })).toThrow();
  expect(() => bound({ pause: { everyMs: 1, forMs: 1, where: "here" } })).toThrow();
});

it("loses frames of one worker alone, never its last one, the same with the same seed", async () => {
  const lose = async (seed: number) => {
    using folder = scratch();
    const journal = gunzipSync(readFileSync(join(STORED, "recovered.journal.gz")));
    writeFileSync(join(folder.path, "journal"), journal);
    const all = await recordsOf(folder.path);
    const [lost] = bound({ lostFrames: 0.5 });
    await lost?.finish(folder.path, seed);
    return { all, kept: await recordsOf(folder.path) };
  };
  const { all, kept } = await lose(3);
  const [frames, keptFrames] = [all, kept].map((records) =>
    records.filter(({ type }) => type === "frame"),
  );
  expect(keptFrames?.length).toBeLessThan(frames?.length ?? 0);
  expect(kept.length - (keptFrames?.length ?? 0)).toBe(all.length - (frames?.length ?? 0));
  expect(keptFrames?.at(-1)).toEqual(frames?.at(-1));
  expect((await lose(3)).kept).toEqual(kept);
});

it.skipIf(missingFor(trialOf("G4")) !== null)(
  "a worker that may open no more files goes on, and the run says what to change",
  async () => {
    using folder = scratch();
    const directory = join(folder.path, "run");
    await liveRun(trialOf("G4"), folder.path, directory);
    const text = readFileSync(join(directory, "summary.json"), "utf8");
    const { findings, lostWorkers, connections } = summarySchema.parse(JSON.parse(text));
    expect(lostWorkers).toEqual([]);
    expect(connections.established).toBeGreaterThan(0);
    expect(findings[0]).toMatchObject({ id: "generator-open-files", locus: "generator" });
    expect(findings[0]?.nextProbe).toContain("ulimit -n");
  },
);

function trialOf(id: string): Trial {
  const one = readCases().find((known) => known.id === id);
  if (one === undefined) throw new Error(`there is no case ${id}`);
  return { case: one, server: "target", strength: "strong", seed: 1 };
}
