/** People who log in, join a room, and talk or listen. */
import { HEAD, type Template } from "./template.ts";

export const chat: Template = {
  about: "login, a room, talkers and lurkers",
  text: `${HEAD}# A chat: everybody logs in with the nonce of the welcome, joins a room and hears what is said there; one in ten talks.
version: 1
name: chat
seed: 1
vars: { rooms: 10 }                       # -e rooms=50 changes it for one run
target: ws://127.0.0.1:9001/with/welcome,login,ping

load:
  - { phase: arrive, ramp: linear, to: 200, over: 5s }
  - { phase: talk, hold: 20s }
  - { phase: busy, hold: 10s, messages: 2 }                              # twice the message rate
  - { phase: leave, ramp: linear, to: 0, over: 3s }

flow:
  open:                                   # on every connect, before anything else is sent
    - expect: { name: welcome, where: "m.type == 'welcome'", within: 2s, capture: { nonce: "m.nonce" } }
    - send: { name: login, json: { type: login, nonce: "{{conn.nonce}}", user: "user-{{conn.index}}" },
              reply: { where: "m.type == 'ok'", within: 2s } }
    - send: { name: join, json: { type: join, room: "room-{{conn.index % vars.rooms}}" },
              reply: { where: "m.type == 'joined'", within: 2s } }
  close:
    - send: { name: logout, json: { type: logout }, reply: { where: "m.type == 'bye'", within: 2s } }

roles:
  talker: { share: 10% }
  lurker: { share: 90%, messages: { rate: 0/s } }

messages:                                 # what a role sends that does not say it itself
  rate: 0.5/s
  arrival: poisson                        # people do not type on the beat
  mix:
    - name: say
      send: { json: { type: say, id: "{{uuid}}", room: "room-{{conn.index % vars.rooms}}", text: "{{text(20,400)}}" } }
      reply: { where: "m.type == 'ack' && m.id == sent.id", within: 2s }

listen:                                   # what others said: counted, and timed from when it was said
  - { name: said, where: "m.type == 'said'", sentAt: "m.ts", scope: "m.room" }

answers:                                  # what a client answers by itself
  - { name: pong, where: "m.type == 'ping'", send: { json: { type: pong, id: "{{m.id}}" } } }

thresholds:
  connect: ["failed < 0.1%"]
  connections: ["dropped < 0.1%"]
  "latency{name=say,phase=talk}": ["p95 < 200ms", "p99 < 500ms"]
  delivery: ["timedOut < 0.1%"]
`,
};
