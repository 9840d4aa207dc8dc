/**
 * Goal: what stays is read once, what may change is read again, and no run is removed because its files cannot be read. Method: a data
 * directory whose files change behind the archive.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { RunArchive } from "../../../coordinator/service/run-archive.ts";
import {
  PROBE_WANTED,
  type SavedProbe,
  writeServiceFile,
} from "../../../coordinator/service/service-file.ts";
import { runPath } from "../../../coordinator/store/run-directory.ts";
import { scratch } from "../../support/programs.ts";
import { FILE } from "./probe-stage.ts";

const SETTLED: SavedProbe = { kind: "pings", run: "a-pings", outcome: "seen" };

it("a probe run that is settled, or was not asked for, is read once", async () => {
  using folder = scratch();
  const archive = new RunArchive(folder.path);
  const save = (id: string, probe: SavedProbe | null) => {
    mkdirSync(join(folder.path, id), { recursive: true });
    return writeServiceFile(join(folder.path, id), { ...FILE, probe });
  };
  // Not there yet, then not settled.
  expect(await archive.probeOf("a")).toBeNull();
  await save("a", PROBE_WANTED);
  expect(await archive.probeOf("a")).toEqual(PROBE_WANTED);
  await save("a", SETTLED);
  await save("b", null);
  expect(await archive.probeOf("a")).toEqual(SETTLED);
  expect(await archive.probeOf("b")).toBeNull();
  for (const id of ["a", "b"]) writeFileSync(join(folder.path, id, "service.json"), "{");
  expect(await archive.probeOf("a")).toEqual(SETTLED);
  await archive.remove("a");
  expect(await archive.probeOf("a")).toBeNull();
});

it("only a run that was never on disk is gone, and removed", async () => {
  using folder = scratch();
  const archive = new RunArchive(folder.path);
  for (const id of ["never", "unreadable"]) {
    mkdirSync(join(folder.path, id));
    await writeServiceFile(join(folder.path, id), FILE);
  }
  writeFileSync(runPath.runFile(join(folder.path, "unreadable")), "{");
  expect(await archive.isGone("unreadable")).toBe(false);
  expect(await archive.isGone("never")).toBe(true);
  expect((await archive.serviceFiles()).map(({ id }) => id)).toEqual(["unreadable"]);
  expect((await archive.serviceFiles()).map(({ id }) => id)).toEqual(["unreadable"]);
});
