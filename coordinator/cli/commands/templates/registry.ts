/**
 * The scenarios `onrush init` writes: starting points for the usual kinds of service, and the stress library. Called by init.ts.
 * Invariant: each is valid as it stands, and runs against `onrush target --port 9001`. A new one is a file and a line here.
 */
import { agentEvents } from "./agent-events.ts";
import { chat } from "./chat.ts";
import { echo } from "./echo.ts";
import { fanout } from "./fanout.ts";
import { reconnect } from "./reconnect.ts";
import { STRESS_TEMPLATES } from "./stress/registry.ts";
import type { Template } from "./template.ts";
import { text } from "./text.ts";
import { ticks } from "./ticks.ts";

export const SERVICE_TEMPLATES: Readonly<Record<string, Template>> = {
  echo,
  chat,
  fanout,
  "agent-events": agentEvents,
  text,
  ticks,
  reconnect,
};

export const TEMPLATES: Readonly<Record<string, Template>> = {
  ...SERVICE_TEMPLATES,
  ...STRESS_TEMPLATES,
};
