/**
 * Goal: a run that has ended can be removed although its probe run is not settled and nobody can see to that. Method: a service over a data
 * directory in which such a run has a journal that cannot be read, without workers.
 */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Service } from "../../../coordinator/service/service.ts";
import { PROBE_WANTED, writeServiceFile } from "../../../coordinator/service/service-file.ts";
import type { ServiceOptions } from "../../../coordinator/service/service-options.ts";
import { runPath } from "../../../coordinator/store/run-directory.ts";
import { createLog } from "../../../shared/log.ts";
import { systemClock } from "../../../shared/time/clock.ts";
import { systemTimers } from "../../../shared/time/timer.ts";
import { scratch } from "../../support/programs.ts";
import { FILE, lay, RUN } from "./probe-stage.ts";

function serviceIn(dataDirectory: string): Service {
  const none = { waiting: [], sessions: [], generation: "b", drain: () => {} };
  return new Service({
    ...{ dataDirectory, clock: systemClock, timers: systemTimers, fleet: none },
    ...{ log: createLog("x", "error", () => {}), allowTargets: [], allowCommands: [] },
    lead: { held: true, epoch: 1, raise: async () => {} },
    bus: { getDocument: async () => null },
  } as unknown as ServiceOptions);
}

it.each([
  ["done", true],
  ["running", false],
] as const)("one that is %s and cannot be taken up: %s", async (state, isRemoved) => {
  using folder = scratch();
  const directory = join(folder.path, RUN);
  await lay(folder.path, RUN, { state });
  await writeServiceFile(directory, { ...FILE, probe: PROBE_WANTED });
  writeFileSync(runPath.journal(directory), "no journal");
  const service = serviceIn(folder.path);
  await service.recover();
  expect(service.entry(RUN)).toBeNull();
  expect(service.takeUp.why(RUN)).toContain("it cannot be taken up: ");
  expect(service.probeRuns.isPending(RUN)).toBe(true);
  expect(await service.remove(RUN)).toBe(isRemoved);
  expect(existsSync(directory)).toBe(!isRemoved);
  expect(service.probeRuns.isPending(RUN)).toBe(!isRemoved);
  await service.leave();
});
