/** Connections that break again and again, a share at a time, and slow, lossy paths. Listed in registry.ts. */
import { ECHO_MESSAGES, HEAD, type StressTemplate } from "../template.ts";

export const networkStorm: StressTemplate = {
  about: "connections that break again and again, lossy paths",
  proves:
    "Clients that are cut come back soon, resume or start again cleanly, and the ones that were not cut notice nothing.",
  text: `${HEAD}# A bad day of the network: a tenth of the clients are cut every 20 s, some without a word, others
# are far away or lose packets. Each wave has to be back in time.
version: 1
name: network-storm
seed: 1
target: ws://127.0.0.1:9001

connect:
  timeout: 10s
  reconnect: { policy: full-jitter, min: 500ms, max: 30s, attempts: 20 }

load:
  - { phase: grow, ramp: linear, to: 500, over: 20s, exclude: true }
  - { phase: calm, hold: 30s }
  - { phase: storm, hold: 2m }
  - { phase: after, hold: 1m }
  - { phase: down, ramp: linear, to: 0, over: 10s }

${ECHO_MESSAGES}
faults:
  - { name: cut, at: storm, every: 20s, times: 5, kind: disconnect, who: 10%, how: reset, recovered: { within: 15s, to: 99% } }
  - { name: gone, at: storm+10s, for: 1m, kind: disconnect, who: 5%, how: silence, recovered: { within: 15s, to: 99% } }
  - { name: far, at: storm, for: 2m, kind: latency, who: 10%, delay: 150ms, jitter: 100ms }
  - { name: lossy, at: storm+20s, for: 1m, kind: stall, who: 5%, loss: 5% }

thresholds:
  connect: ["failed < 1%", "p99 < 2s"]
  "latency{phase=storm}": ["p99 < 500ms"]
  "latency{phase=after}": ["p99 < 200ms"]
`,
};
