/** The same users, ten times the messages, in pulses. Listed in registry.ts. */
import { ECHO_MESSAGES, HEAD, type StressTemplate } from "../template.ts";

export const burst: StressTemplate = {
  about: "the same users, ten times the messages, in pulses",
  proves:
    "Queues that fill in a burst empty again before the next one: nothing is lost, and calm times are as fast as before.",
  text: `${HEAD}# The same users, with pulses of ten times the messages. What waits in queues shows in the calm phase after each pulse.
version: 1
name: burst
seed: 1
target: ws://127.0.0.1:9001

load:
  - { phase: grow, ramp: linear, to: 500, over: 20s, exclude: true }
  - { phase: calm-1, hold: 30s }
  - { phase: burst-1, hold: 10s, messages: 10 }
  - { phase: calm-2, hold: 30s }
  - { phase: burst-2, hold: 10s, messages: 10 }
  - { phase: calm-3, hold: 30s }
  - { phase: down, ramp: linear, to: 0, over: 10s }

${ECHO_MESSAGES}
thresholds:
  connections: ["dropped == 0"]
  messages: ["matched > 99.9%"]
  delivery: ["lost == 0"]
  "latency{phase=calm-1}": ["p99 < 200ms"]
  "latency{phase=burst-1}": ["p99 < 1s"]
  "latency{phase=calm-3}": ["p99 < 200ms"]
`,
};
