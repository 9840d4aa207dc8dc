/** A steady load for hours: what leaks, wears out or drifts. Listed in registry.ts. */
import { ECHO_MESSAGES, HEAD, type StressTemplate } from "../template.ts";

export const soak: StressTemplate = {
  about: "a steady load for hours: what leaks, wears out or drifts",
  proves:
    "The last half hour is as good as the first: no leak of memory, handles or users slows the service down or ends connections.",
  text: `${HEAD}# A steady load for hours. The same rules hold for its first and for its last half hour: what leaks breaks only the last.
version: 1
name: soak
seed: 1
target: ws://127.0.0.1:9001

connect:
  timeout: 10s
  reconnect: { policy: full-jitter, min: 500ms, max: 30s, attempts: 20 }
  heartbeat: { ping: 30s, timeout: 10s }

load:
  - { phase: grow, ramp: linear, to: 700, over: 2m }
  - { phase: first, hold: 30m }
  - { phase: long, hold: 3h }
  - { phase: last, hold: 30m }
  - { phase: down, ramp: linear, to: 0, over: 1m }

${ECHO_MESSAGES}
thresholds:
  connect: ["failed < 0.1%"]
  connections: ["dropped < 0.1%"]
  messages: ["matched > 99.9%"]
  "latency{phase=first}": ["p99 < 200ms"]
  "latency{phase=last}": ["p99 < 200ms"]
`,
};
