/** Few speak, everybody in the room hears it. */
import { HEAD, type Template } from "./template.ts";

export const fanout: Template = {
  about: "publish and subscribe: what one says, a room hears",
  text: `${HEAD}# Fan-out: what one connection says goes to everybody in its room, so the service sends far more than it receives.
version: 1
name: fanout
seed: 1
vars: { rooms: 10 }                       # fewer rooms, more members each
target: ws://127.0.0.1:9001

load:
  - { phase: join, ramp: linear, to: 200, over: 5s }
  - { phase: steady, hold: 15s }
  - { phase: rush, hold: 5s, messages: 4 }                               # everybody talks at once
  - { phase: down, ramp: linear, to: 0, over: 3s }

flow:
  - send: { name: join, json: { type: join, room: "room-{{conn.index % vars.rooms}}" },
            reply: { where: "m.type == 'joined'", within: 2s } }

messages:
  total: 40/s                             # of all connections together, however many there are
  mix:
    - name: say
      send: { json: { type: say, id: "{{uuid}}", room: "room-{{conn.index % vars.rooms}}", text: "{{text(20,200)}}" } }
      reply: { where: "m.type == 'ack' && m.id == sent.id", within: 2s }

listen:                                   # one way, from when it was said; key: the same message at each of its receivers
  - { name: said, where: "m.type == 'said'", sentAt: "m.ts", scope: "m.room", key: "m.from + '/' + string(m.seq)" }

thresholds:
  connect: ["failed == 0"]
  connections: ["dropped == 0"]
  "latency{name=say}": ["p99 < 500ms"]
  "push{name=said}": ["p99 < 500ms"]
  delivery: ["timedOut < 0.1%"]
`,
};
