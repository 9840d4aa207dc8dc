/**
 * The sections of a scenario file: a new one is one file and one line here. Called by parse.ts, schema.ts and written.ts,
 * which walk the list. Invariant: the order is the one of the reference and of written scenarios; the strict part of a
 * section may build on those before it.
 */
import { answers } from "./answers.ts";
import { availability } from "./availability.ts";
import { checkpoints } from "./checkpoints.ts";
import { cleanup } from "./cleanup.ts";
import { connect } from "./connect.ts";
import { data } from "./data.ts";
import { environment } from "./environment.ts";
import { faults } from "./faults.ts";
import { flow } from "./flow.ts";
import { name, seed, version } from "./header.ts";
import { hooks } from "./hooks.ts";
import { incoming } from "./incoming.ts";
import { integrity } from "./integrity.ts";
import { listen } from "./listen.ts";
import { load } from "./load.ts";
import { messages } from "./messages.ts";
import { observe } from "./observe.ts";
import { outputs } from "./outputs.ts";
import { roles } from "./roles.ts";
import type { Section } from "./section.ts";
import { target, targets } from "./target.ts";
import { thresholds } from "./thresholds.ts";
import { vars } from "./vars.ts";

export const SECTIONS = [
  version,
  name,
  seed,
  vars,
  data,
  target,
  targets,
  connect,
  load,
  messages,
  listen,
  incoming,
  flow,
  answers,
  roles,
  hooks,
  integrity,
  faults,
  checkpoints,
  environment,
  cleanup,
  observe,
  availability,
  thresholds,
  outputs,
] as const satisfies readonly Section[];
