/**
 * The scenarios `onrush init` writes: starting points for the usual kinds of service. Called by init.ts. Invariant:
 * each is valid as it stands, runs against `onrush target --port 9001`, and uses nothing this version refuses.
 */

export interface Template {
  /** For help, a few words. */
  readonly about: string;
  readonly text: string;
}

/** For editors; how Onrush was installed is not known here. */
const HEAD = `# yaml-language-server: $schema=./scenario.schema.json
# (which comes from: onrush schema scenario > scenario.schema.json)
`;

const echo: Template = {
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

const chat: Template = {
  about: "JSON messages in rooms, each answered by an acknowledgement",
  text: `${HEAD}# A chat: people talk in rooms, and every message is acknowledged under its id.
version: 1
name: chat
seed: 1
vars: { rooms: 10 }                       # -e rooms=50 changes it for one run
target: ws://127.0.0.1:9001

load:
  - { phase: arrive, ramp: linear, to: 200, over: 5s }
  - { phase: talk, hold: 20s }
  - { phase: busy, hold: 10s, messages: 2 }                              # twice the message rate
  - { phase: leave, ramp: linear, to: 0, over: 3s }

messages:
  rate: 0.5/s
  arrival: poisson                        # people do not type on the beat
  mix:
    - name: say
      weight: 4
      send:
        json:
          type: say
          id: "{{uuid}}"
          room: "room-{{conn.index % vars.rooms}}"
          text: "{{text(20,400)}}"
      reply: { where: "m.type == 'ack' && m.id == sent.id", within: 2s }
    - name: typing
      weight: 1
      send: { json: { type: typing, seq: "{{seq}}" } }                   # nobody waits for an answer

thresholds:
  connect: ["failed < 0.1%"]
  connections: ["dropped < 0.1%"]
  "latency{name=say,phase=talk}": ["p95 < 200ms", "p99 < 500ms"]
  delivery: ["timedOut < 0.1%"]
`,
};

const fanout: Template = {
  about: "few speak, everybody in the room hears it",
  text: `${HEAD}# Fan-out: what one connection says goes to everybody in its room, so the service sends far more than it
# receives. "received" in the summary counts what was pushed; the latency is that of the sender's acknowledgement.
version: 1
name: fanout
seed: 1
vars: { rooms: 4 }                        # fewer rooms, more members each
target: ws://127.0.0.1:9001

load:
  - { phase: join, ramp: linear, to: 200, over: 5s }
  - { phase: steady, hold: 15s }
  - { phase: rush, hold: 5s, messages: 4 }                               # everybody talks at once
  - { phase: down, ramp: linear, to: 0, over: 3s }

messages:
  total: 40/s                             # of all connections together, however many there are
  mix:
    - name: join                          # joining twice is joining once, so members may do it at any time
      weight: 1
      send: { json: { type: join, room: "room-{{conn.index % vars.rooms}}" } }
      reply: { where: "m.type == 'joined'", within: 2s }
    - name: say
      weight: 2
      send:
        json:
          type: say
          id: "{{uuid}}"
          room: "room-{{conn.index % vars.rooms}}"
          text: "{{text(20,200)}}"
      reply: { where: "m.type == 'ack' && m.id == sent.id", within: 2s }

thresholds:
  connect: ["failed == 0"]
  connections: ["dropped == 0"]
  "latency{name=say}": ["p99 < 500ms"]
  delivery: ["timedOut < 0.1%"]
`,
};

const agentEvents: Template = {
  about: "a question, a stream of events, the answer",
  text: `${HEAD}# An agent: a question is answered by a stream of events (started, thinking, tools …, completed) under its id.
# The latency is that of the whole answer: from the question to agent_completed.
version: 1
name: agent-events
seed: 1
target: ws://127.0.0.1:9001

load:
  - { phase: ramp, ramp: exponential, to: 100, over: 5s }
  - { phase: steady, hold: 20s }
  - { phase: down, ramp: linear, to: 0, over: 3s }

messages:
  rate: 0.2/s
  arrival: poisson
  inFlight: 4                             # questions a connection may have open; a further one waits
  mix:
    - name: ask
      send: { json: { type: ask, id: "{{uuid}}", user: "user-{{conn.index}}", text: "{{text(40,400)}}" } }
      reply: { where: "m.type == 'agent_completed' && m.request_id == sent.id", within: 30s }

thresholds:
  connect: ["failed == 0"]
  connections: ["dropped == 0"]
  "latency{name=ask}": ["p50 < 5s", "p99 < 20s"]
  delivery: ["timedOut < 0.1%"]
`,
};

const reconnect: Template = {
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

export const TEMPLATES: Readonly<Record<string, Template>> = {
  echo,
  chat,
  fanout,
  "agent-events": agentEvents,
  reconnect,
};
