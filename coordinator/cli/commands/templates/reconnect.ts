/** Clients that come back. */
import { HEAD, type Template } from "./template.ts";

export const reconnect: Template = {
  about: "clients that come back when their connection is lost",
  text: `${HEAD}# Clients that come back: heartbeats notice a dead connection, and lost ones are opened again with growing, random
# waits. To see it at work, let the target cut every connection 5 s after it came:
#   echo '{"close": [{"afterMs": 5000, "how": "reset"}]}' > drops.json
#   onrush target --port 9001 --behaviour drops.json
version: 1
name: reconnect
seed: 1
target: ws://127.0.0.1:9001

connect:
  timeout: 5s
  heartbeat: { ping: 5s, timeout: 5s }
  reconnect: { policy: full-jitter, min: 200ms, max: 5s, attempts: 10 }

load:
  - { phase: ramp, ramp: linear, to: 200, over: 4s }
  - { phase: steady, hold: 20s }
  - { phase: storm, ramp: burst, to: 300, hold: 5s }                     # a hundred more, all at once
  - { phase: down, ramp: linear, to: 0, over: 3s }

messages:
  rate: 1/s
  mix:
    - name: beat
      send: { binary: { size: 64, fill: random } }
      reply: { match: echo, within: 2s }

thresholds:
  connect: ["failed < 1%", "p99 < 2s"]
  connections: ["dropped < 5%"]           # the drops above break it: coming back does not undo them
  latency: ["p99 < 500ms"]
`,
};
