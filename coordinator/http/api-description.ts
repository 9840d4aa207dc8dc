/**
 * The description of the HTTP API without a coordinator that serves it: `onrush schema api`. Called by the schema
 * command. Invariant: it is the very description the server gives at /openapi.json; nothing listens, nothing is written.
 */
import { MemoryStore } from "../../shared/bus/memory/store.ts";
import { MemoryBus } from "../../shared/bus/memory-bus.ts";
import { createLog } from "../../shared/log.ts";
import { systemClock } from "../../shared/time/clock.ts";
import { systemTimers } from "../../shared/time/timer.ts";
import { SERVICE_CHECK } from "../check/check-limits.ts";
import { Checker } from "../check/checker.ts";
import { Fleet } from "../fleet/fleet.ts";
import { Service } from "../service/service.ts";
import { buildServer } from "./server.ts";

/** Nobody is served. */
const NO_LEAD = {
  ...{ held: false, epoch: 0, raise: async () => {} },
  standing: async () => "lost" as const,
};

/** OpenAPI 3.1. */
export async function openApi(): Promise<object> {
  const parts = {
    clock: systemClock,
    timers: systemTimers,
    log: createLog("coordinator", "error"),
  };
  const bus = new MemoryBus(new MemoryStore(parts));
  const fleet = new Fleet({ ...parts, bus });
  const checker = new Checker(SERVICE_CHECK, systemTimers);
  const service = new Service({
    ...{
      ...parts,
      bus,
      fleet,
      checker,
      lead: NO_LEAD,
      dataDirectory: "runs",
      allowTargets: [],
      allowHooks: false,
      allowCommands: [],
    },
    onFatal: (error) => {
      throw error;
    },
  });
  const app = await buildServer({
    ...{ service, lead: NO_LEAD, tokens: null, local: true, log: parts.log },
  });
  try {
    await app.ready();
    return app.swagger();
  } finally {
    await app.close();
    await bus.close();
  }
}
