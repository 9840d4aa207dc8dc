/** More and more users, until it breaks: where is the limit?. Listed in registry.ts. */
import { ECHO_MESSAGES, HEAD, type StressTemplate } from "../template.ts";

export const breakpoint: StressTemplate = {
  about: "more and more users, until it breaks: where is the limit?",
  proves:
    "How many users the service holds within its objectives, what breaks first beyond that, and that it works at that level for a while.",
  text: `${HEAD}# Up in steps until a rule breaks, then a minute at the level that held. The limit is in the report under capacity.
version: 1
name: breakpoint
seed: 1
target: ws://127.0.0.1:9001

load:
  - { phase: search, ramp: find-limit, step: 100, to: 1000, settle: 20s, until: "latency p99 > 250ms or connect failed > 1%" }
  - { phase: hold, hold: 1m }
  - { phase: down, ramp: linear, to: 0, over: 10s }

${ECHO_MESSAGES}
thresholds:
  "latency{phase=hold}": ["p99 < 250ms"]
`,
};
