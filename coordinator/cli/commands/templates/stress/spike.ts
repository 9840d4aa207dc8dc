/** Ten times the users, all at once, and back again. Listed in registry.ts. */
import { ECHO_MESSAGES, HEAD, type StressTemplate } from "../template.ts";

export const spike: StressTemplate = {
  about: "ten times the users, all at once, and back again",
  proves:
    "A sudden crowd is let in or turned away cleanly, those who were there before are still served, and afterwards everything is as it was.",
  text: `${HEAD}# Ten times the users within a moment, and gone again. The rules for the time after the spike are those for the time before.
version: 1
name: spike
seed: 1
target: ws://127.0.0.1:9001

load:
  - { phase: before, ramp: linear, to: 100, over: 20s }
  - { phase: calm, hold: 1m }
  - { phase: spike, ramp: burst, to: 1000, hold: 1m }
  - { phase: leave, ramp: linear, to: 100, over: 10s }
  - { phase: after, hold: 2m }
  - { phase: down, ramp: linear, to: 0, over: 10s }

${ECHO_MESSAGES}
thresholds:
  connect: ["failed < 1%", "p99 < 5s"]
  connections: ["dropped < 0.1%"]
  "latency{phase=calm}": ["p99 < 200ms"]
  "latency{phase=spike}": ["p99 < 1s"]
  "latency{phase=after}": ["p99 < 200ms"]
`,
};
