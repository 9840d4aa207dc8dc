/** Half of the users are thrown out at once, at a high load. Listed in registry.ts. */
import { ECHO_MESSAGES, HEAD, type StressTemplate } from "../template.ts";

export const cascade: StressTemplate = {
  about: "half of the users are thrown out at once, at a high load",
  proves:
    "The wave of reconnects after an outage does not keep the service down: it comes back by itself, at the load it had before.",
  text: `${HEAD}# An outage at a high load: half of the users lose their connection in one moment and come back at once. A service that copes with
# the load and not with their return stays down: the rules of the last phase tell.
version: 1
name: cascade
seed: 1
target: ws://127.0.0.1:9001

connect:
  timeout: 10s
  reconnect: { policy: fixed, min: 500ms, attempts: 60 }

load:
  - { phase: grow, ramp: linear, to: 800, over: 30s, exclude: true }
  - { phase: before, hold: 1m }
  - { phase: outage, hold: 1m }
  - { phase: after, hold: 1m }
  - { phase: down, ramp: linear, to: 0, over: 10s }

${ECHO_MESSAGES}
faults:
  - { name: outage, at: outage, kind: disconnect, who: 50%, how: reset, recovered: { within: 30s, to: 99% } }

thresholds:
  connections: ["dropped < 0.1%"]
  "latency{phase=before}": ["p99 < 200ms"]
  "latency{phase=after}": ["p99 < 200ms"]
`,
};
