/** A service that echoes. */
import { HEAD, type Template } from "./template.ts";

export const echo: Template = {
  about: "held connections, every message comes back",
  text: `${HEAD}# A service that echoes: connections are held, and every message must come back intact.
version: 1
name: echo
seed: 1                                   # the same seed, the same load
target: ws://127.0.0.1:9001               # any other host takes --allow-target HOST

load:                                     # phases, one after another
  - { phase: ramp, ramp: linear, to: 200, over: 5s }
  - { phase: steady, hold: 20s }
  - { phase: down, ramp: linear, to: 0, over: 3s }

messages:
  rate: 1/s                               # of each connection; total: 200/s is of all together
  mix:
    - name: small
      weight: 9
      send: { binary: { size: 100, fill: random } }
      reply: { match: echo, within: 2s }
    - name: large
      weight: 1
      send: { binary: { size: 4kb, fill: random } }
      reply: { match: echo, within: 2s }

integrity: { stamp: true }                # finds loss, duplicates, reordering and corruption

thresholds:                               # the run passes when all of them hold
  connect: ["failed == 0", "p99 < 1s"]
  connections: ["dropped == 0"]           # ended by the service or the network, not by the plan
  "latency{phase=steady}": ["p99 < 250ms"]
  delivery: ["lost == 0", "duplicated == 0", "corrupt == 0"]
`,
};
