/** More and more memory and buffers: large messages, many users. Listed in registry.ts. */
import { HEAD, type StressTemplate } from "../template.ts";

export const resourceExhaustion: StressTemplate = {
  about: "large messages of more and more users",
  proves:
    "Where memory, buffers or bandwidth run out the service slows down or turns users away; it neither ends nor takes everybody with it.",
  text: `${HEAD}# Large messages of more and more users, in steps. Watch memory and file descriptors of the service beside it; the run ends by
# itself when the service has had enough.
version: 1
name: resource-exhaustion
seed: 1
target: ws://127.0.0.1:9001

load:
  - { phase: stairs, ramp: step, to: 400, steps: 4, over: 2m }
  - { phase: top, hold: 1m }
  - { phase: more, hold: 1m, messages: 2 }
  - { phase: down, ramp: linear, to: 0, over: 10s }

messages:
  rate: 1/s
  mix:
    - name: large
      send: { binary: { size: [16kb, 64kb], fill: random } }
      reply: { match: echo, within: 10s }

thresholds:
  connect: ["failed < 1%"]
  connections: ["dropped < 1%"]
  messages: ["matched > 99%"]
  latency: [{ rule: "p99 < 5s", abort: true, after: 10s }]
`,
};
