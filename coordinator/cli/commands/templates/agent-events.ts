/** A question, a sequence of events, the answer. */
import { HEAD, type Template } from "./template.ts";

export const agentEvents: Template = {
  about: "a question, its events in order, the answer",
  text: `${HEAD}# An agent: a question is answered by events (started, thinking, tools …, completed) under its id. Each has its own time;
# one that is missing, repeated, late or out of order is a violation, and none may be another user's.
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
  mix:
    - name: ask
      send: { json: { type: ask, id: "{{uuid}}", user: "user-{{conn.index}}", text: "{{text(40,400)}}" } }
      sequence:
        key: "m.request_id == sent.id"
        name: "m.type"
        events: [agent_started, agent_thinking, { event: tool_executing, times: 0..5 }, { event: tool_completed, times: 0..5 }, agent_completed]
        within: 30s
        gap: 10s

integrity: { isolation: { owner: "m.user == 'user-' + string(conn.index)" } }

thresholds:
  connect: ["failed == 0"]
  connections: ["dropped == 0"]
  "latency{event=agent_started}": ["p95 < 500ms"]
  sequence: ["completed > 99.9%"]
  delivery: ["leaked == 0"]
`,
};
