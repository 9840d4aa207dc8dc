/** Users that come in crowds and stay a moment: handshakes without end. Listed in registry.ts. */
import { ECHO_MESSAGES, HEAD, type StressTemplate } from "../template.ts";

export const connectionFlood: StressTemplate = {
  about: "crowds that come and go at once: handshakes without end",
  proves:
    "Accepting, upgrading, authenticating and forgetting connections keeps up with arrivals, and costs those who stay nothing.",
  text: `${HEAD}# Handshakes without end: users arrive at random and stay for two seconds. Connections, not messages, are the load.
version: 1
name: connection-flood
seed: 1
target: ws://127.0.0.1:9001

load:
  - { phase: warmup, arrive: 50/s, stay: exp(2s), arrival: poisson, for: 20s, exclude: true }
  - { phase: flood, arrive: 200/s, stay: exp(2s), arrival: poisson, for: 2m }
  - { phase: after, arrive: 50/s, stay: exp(2s), arrival: poisson, for: 30s }

${ECHO_MESSAGES}
thresholds:
  "connect{phase=flood}": ["failed < 0.1%", "p99 < 1s"]
  "connect{phase=after}": ["failed == 0", "p99 < 500ms"]
  connections: ["dropped < 0.1%"]
`,
};
