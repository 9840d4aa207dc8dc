/**
 * The stress library: ready-made kinds of load, each for one question about a service. Called by ../registry.ts and the reference.
 * Invariant: each is valid as it stands, and runs against `onrush target --port 9001`. A new one is a file and a line here.
 */
import type { StressTemplate } from "../template.ts";
import { breakpoint } from "./breakpoint.ts";
import { burst } from "./burst.ts";
import { cascade } from "./cascade.ts";
import { connectionFlood } from "./connection-flood.ts";
import { networkStorm } from "./network-storm.ts";
import { peak } from "./peak.ts";
import { resourceExhaustion } from "./resource-exhaustion.ts";
import { slowConsumers } from "./slow-consumers.ts";
import { soak } from "./soak.ts";
import { spike } from "./spike.ts";

export const STRESS_TEMPLATES: Readonly<Record<string, StressTemplate>> = {
  peak,
  soak,
  spike,
  burst,
  "connection-flood": connectionFlood,
  "slow-consumers": slowConsumers,
  "network-storm": networkStorm,
  "resource-exhaustion": resourceExhaustion,
  cascade,
  breakpoint,
};
