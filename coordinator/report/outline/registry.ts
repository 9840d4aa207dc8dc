/** The sections of the report in the order they are read. A new one is its file and a line here. */
import type { Section } from "./section.ts";
import { again } from "./sections/again.ts";
import { availability } from "./sections/availability.ts";
import { baseline } from "./sections/baseline.ts";
import { capacity } from "./sections/capacity.ts";
import { checkpoints } from "./sections/checkpoints.ts";
import { connections } from "./sections/connections.ts";
import { failureMatrix } from "./sections/failure-matrix.ts";
import { failures } from "./sections/failures.ts";
import { faults } from "./sections/faults.ts";
import { forecast } from "./sections/forecast.ts";
import { generator } from "./sections/generator.ts";
import { hooks } from "./sections/hooks.ts";
import { integrity } from "./sections/integrity.ts";
import { latency } from "./sections/latency.ts";
import { messages } from "./sections/messages.ts";
import { methods } from "./sections/methods.ts";
import { numbers } from "./sections/numbers.ts";
import { onsets } from "./sections/onsets.ts";
import { phases } from "./sections/phases.ts";
import { push } from "./sections/push.ts";
import { roles } from "./sections/roles.ts";
import { sequences } from "./sections/sequences.ts";
import { steps } from "./sections/steps.ts";
import { surroundings } from "./sections/surroundings.ts";
import { survival } from "./sections/survival.ts";
import { targets } from "./sections/targets.ts";
import { thresholds } from "./sections/thresholds.ts";
import { timeline } from "./sections/timeline.ts";
import { verdict } from "./sections/verdict.ts";
import { workers } from "./sections/workers.ts";

export const SECTIONS: readonly Section[] = [
  verdict,
  thresholds,
  baseline,
  generator,
  capacity,
  numbers,
  timeline,
  onsets,
  availability,
  faults,
  checkpoints,
  surroundings,
  latency,
  messages,
  sequences,
  integrity,
  push,
  roles,
  steps,
  hooks,
  targets,
  connections,
  failureMatrix,
  survival,
  forecast,
  failures,
  phases,
  workers,
  methods,
  again,
];
