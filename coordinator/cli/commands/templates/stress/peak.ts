/** The load you plan for, held for long enough to count. Listed in registry.ts. */
import { ECHO_MESSAGES, HEAD, type StressTemplate } from "../template.ts";

export const peak: StressTemplate = {
  about: "the load you plan for, held for long enough to count",
  proves:
    "The service meets its objectives at the peak it is planned for, also for the slowest one in a hundred, and throws nobody out.",
  text: `${HEAD}# The planned peak: up slowly, held, down slowly. What passes here is what you may promise.
version: 1
name: peak
seed: 1
target: ws://127.0.0.1:9001

load:
  - { phase: warmup, ramp: linear, to: 500, over: 30s, exclude: true }
  - { phase: grow, ramp: linear, to: 1000, over: 1m }
  - { phase: peak, hold: 5m }
  - { phase: down, ramp: linear, to: 0, over: 30s }

${ECHO_MESSAGES}
thresholds:
  connect: ["failed < 0.1%", "p99 < 1s"]
  connections: ["dropped < 0.1%"]
  messages: ["matched > 99.9%"]
  "latency{phase=peak}": ["p50 < 50ms", "p99 < 200ms"]
`,
};
