/** Prices that are pushed. */
import { HEAD, type Template } from "./template.ts";

export const ticks: Template = {
  about: "a subscription, then prices at every interval",
  text: `${HEAD}# Trading: everybody subscribes to a few symbols and gets their prices at every interval. What counts is how old a price is
# when it comes: one way, from the time it names to its arrival.
version: 1
name: ticks
seed: 1
vars: { symbols: 5 }
target: ws://127.0.0.1:9001/with/ticks

load:
  - { phase: ramp, ramp: linear, to: 200, over: 5s }
  - { phase: open, hold: 20s }
  - { phase: down, ramp: linear, to: 0, over: 3s }

flow:
  - send: { name: subscribe, json: { type: subscribe, id: "{{uuid}}", symbol: "SYM{{conn.index % vars.symbols}}" },
            reply: { where: "m.type == 'subscribed' && m.id == sent.id", within: 2s } }

listen:
  - { name: tick, where: "m.type == 'tick'", sentAt: "m.ts", scope: "m.symbol", key: "m.symbol + '/' + string(m.seq)" }

thresholds:
  connect: ["failed == 0"]
  connections: ["dropped == 0"]
  "push{name=tick}": ["p99 < 250ms"]
`,
};
