/** A protocol of lines of text. */
import { HEAD, type Template } from "./template.ts";

export const text: Template = {
  about: "a protocol of lines of text, not JSON",
  text: `${HEAD}# A protocol of text: a word, the id of the request, the rest. ECHO 17 hello is answered by ACK 17 hello, and what it does not know by ERR 17 …
version: 1
name: text
seed: 1
target: ws://127.0.0.1:9001/with/text
incoming: { parse: text }                 # m and sent are texts, then

load:
  - { phase: ramp, ramp: linear, to: 200, over: 5s }
  - { phase: steady, hold: 20s }
  - { phase: down, ramp: linear, to: 0, over: 3s }

flow:
  - send: { name: join, text: "JOIN {{uuid}} room-{{conn.index % 10}}", reply: { where: "text.startsWith('ACK ')", within: 2s } }

messages:
  rate: 1/s
  mix:
    - name: echo
      weight: 4
      send: { text: "ECHO {{uuid}} {{text(20,80)}}" }
      reply: { where: "text == 'ACK ' + sent.substring(5)", within: 2s }
    - name: say
      weight: 1
      send: { text: "SAY {{uuid}} room-{{conn.index % 10}} {{text(20,80)}}" }
      reply: { where: "text == 'ACK ' + sent.substring(4, 40)", within: 2s }     # its id

listen:
  - { name: said, where: "text.startsWith('SAID ')" }

thresholds:
  connect: ["failed == 0"]
  connections: ["dropped == 0"]
  latency: ["p99 < 250ms"]
  delivery: ["timedOut < 0.1%"]
`,
};
