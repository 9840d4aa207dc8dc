/**
 * Goal: what a fault does to sequences and steps that are under way when it begins to act, or begin while it acts, is nobody's failure in
 * figures that are judged. Method: a real engine against a service that answers at once; its network is dark for longer than anything
 * may take, so all that goes wrong is the fault's.
 */
import { afterAll, expect, it } from "vitest";
import { namesOf } from "../../../shared/scenario/names.ts";
import { parseScenario } from "../../../shared/scenario/parse.ts";
import { NAME_COUNTERS, type NameCounter } from "../../../shared/stats/counters.ts";
import { closeServers, fault, phaseSums, play, SECOND } from "../../support/fault-run.ts";

afterAll(closeServers);

const text = JSON.stringify({
  ...{ version: 1, target: "ws://127.0.0.1:1/" },
  load: [{ phase: "x", ramp: "burst", to: 1, hold: "1s" }],
  messages: {
    rate: "10/s",
    mix: [
      {
        name: "ask",
        send: { json: { type: "ask", id: "{{uuid}}" } },
        sequence: {
          ...{ key: "m.id == sent.id", name: "m.type", within: "300ms" },
          events: ["begun", "done"],
        },
      },
    ],
  },
  incoming: { parse: "json" },
  flow: {
    loop: [
      { send: { json: { type: "beat" } } },
      { expect: { name: "beaten", where: "m.type == 'beaten'", within: "300ms", onFail: "skip" } },
      { wait: "50ms" },
    ],
  },
});

it("sequences and steps of its victims are counted apart", async () => {
  const read = parseScenario(text, {
    ...{ fileName: "x", env: {} },
    readFile: () => Buffer.alloc(0),
  });
  if (!read.ok) throw new Error(read.issues.map(({ what }) => what).join("; "));
  const { messages, flow, incoming } = read.scenario;
  const dark = fault({ offsetUs: SECOND, forUs: 1.2 * SECOND, act: { kind: "blackhole" } });
  const done = await play([dark], { messages, flow, incoming }, undefined, {
    onMessage: (socket, data) => {
      const { type, id } = JSON.parse(data.toString("utf8")) as { type: string; id: string };
      if (type === "beat") socket.send('{"type":"beaten"}');
      else for (const event of ["begun", "done"]) socket.send(JSON.stringify({ type: event, id }));
    },
  });
  const { run, whole } = done;
  const sum = (kind: string, counter: NameCounter, isApart: boolean) => {
    const position = namesOf(whole).findIndex((part) => part.kind === kind);
    return run.frames
      .flatMap(({ names }) => names)
      .filter(({ name, phase }) => name === position && phase >= whole.phases.length === isApart)
      .reduce((total, { counters }) => total + (counters[NAME_COUNTERS.indexOf(counter)] ?? 0), 0);
  };
  for (const kind of ["sequence", "wait"]) {
    expect([kind, sum(kind, "failed", false)]).toEqual([kind, 0]);
    expect(sum(kind, "failed", true)).toBeGreaterThan(10);
    expect(sum(kind, "completed", false)).toBeGreaterThan(200);
    const ends = ["completed", "failed", "abandoned"] as const;
    const over = ends.reduce((all, end) => all + sum(kind, end, true) + sum(kind, end, false), 0);
    expect(sum(kind, "started", true) + sum(kind, "started", false)).toBe(over);
  }
  expect(phaseSums(done, false)).toMatchObject({ timedOut: 0, late: 0, unanswered: 0 });
});
