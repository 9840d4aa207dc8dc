/** Some clients read slowly, or not at all, while the others go on. Listed in registry.ts. */
import { ECHO_MESSAGES, HEAD, type StressTemplate } from "../template.ts";

export const slowConsumers: StressTemplate = {
  about: "some clients read slowly, or not at all, the others go on",
  proves:
    "Clients that do not take what they are sent cost the others nothing: the service buffers with a bound, and lets go of them or waits.",
  text: `${HEAD}# One client in ten reads nothing for a while, one in twenty a few bytes at a time. What a fault touches is counted apart, so the rules below are about everybody else:
# where one slow client holds up a loop, a lock or a queue, they break.
version: 1
name: slow-consumers
seed: 1
target: ws://127.0.0.1:9001

connect:
  timeout: 10s
  reconnect: { policy: full-jitter, min: 500ms, max: 30s, attempts: 20 }

load:
  - { phase: grow, ramp: linear, to: 500, over: 20s, exclude: true }
  - { phase: before, hold: 1m }
  - { phase: slow, hold: 2m }
  - { phase: after, hold: 1m }
  - { phase: down, ramp: linear, to: 0, over: 10s }

${ECHO_MESSAGES}
faults:
  - { name: slow, at: slow+10s, for: 1m, kind: slow-reader, who: 5%, rate: 64b/s, recovered: { within: 90s, to: 99% } }
  - { name: stalled, at: slow+10s, for: 1m, kind: stop-reading, who: 10%, recovered: { within: 90s, to: 99% } }

thresholds:
  connections: ["dropped == 0"]
  messages: ["matched > 99.9%"]
  "latency{phase=before}": ["p99 < 200ms"]
  "latency{phase=slow}": ["p99 < 200ms"]
  "latency{phase=after}": ["p99 < 200ms"]
`,
};
