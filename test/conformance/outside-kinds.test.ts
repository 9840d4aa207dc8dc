/**
 * Goal: every kind of fault outside of the load keeps the promises of all. Method: each kind of the registry, as its example is written:
 * read, written back, redacted, and performed with hands that only take down what they are asked for.
 */
import { describe, expect, it } from "vitest";
import { parseScenario } from "../../shared/scenario/parse.ts";
import {
  OUTSIDE_KINDS,
  type OutsideAct,
  outsideKindOf,
} from "../../shared/scenario/sections/faults/outside/registry.ts";
import type { WorkerAct } from "../../shared/scenario/sections/faults/outside/worker-act.ts";
import { outsideTimes } from "../../shared/scenario/strict-outside.ts";
import { writtenForm } from "../../shared/scenario/written.ts";

function read(fault: object, more: object = {}) {
  const text = JSON.stringify({
    ...{ version: 1, target: "ws://127.0.0.1:1/", faults: [fault], ...more },
    load: [
      { phase: "open", ramp: "burst", to: 4, hold: "10s" },
      { phase: "steady", hold: "90s" },
    ],
  });
  return parseScenario(text, {
    ...{ fileName: "example.json", env: {} },
    readFile: () => Buffer.alloc(0),
  });
}

function strict(fault: object, more: object = {}) {
  const result = read(fault, more);
  if (!result.ok) throw new Error(result.issues.map(({ what }) => what).join("; "));
  return result;
}

const issues = (fault: object, more: object = {}) => {
  const result = read(fault, more);
  return result.ok ? [] : result.issues.map(({ path, what }) => `${path}: ${what}`);
};

describe.each(OUTSIDE_KINDS.map((kind) => [kind.kind, kind] as const))("%s", (name, kind) => {
  const { example, doc } = kind;

  it("is described, by an example of its own", () => {
    expect(doc).toMatch(/^[A-Z].*\.$/);
    expect(example).toMatchObject({ kind: name });
  });

  it("has times as other faults, and no connections as victims", () => {
    const { scenario } = strict({ ...example, every: "20s", times: 3 });
    expect(scenario.faults).toEqual([]);
    expect(outsideTimes(scenario).map(({ atUs }) => atUs / 1e6)).toEqual([40, 60, 80]);
    const who = issues({ ...example, who: "20%" }).join();
    if (kind.on === "others") expect(who).toContain("who");
    else expect(who).toBe("");
    expect(issues({ ...example, at: "nowhere" }).join()).toContain('unknown phase "nowhere"');
    expect(issues({ ...example, timeout: "soon" }).join()).toContain("faults[0].timeout");
  });

  it("is written back as it was read", () => {
    const { scenario, given } = strict({ ...example, name: "one" });
    const again = parseScenario(JSON.stringify(writtenForm(scenario, given)), {
      ...{ fileName: "example.json", env: {} },
      readFile: () => Buffer.alloc(0),
    });
    expect(again.ok && again.scenario.outside).toEqual(scenario.outside);
  });

  it("asks for one thing, once, and for the end of what lasts", async () => {
    const act = strict(example).scenario.outside[0]?.act as OutsideAct;
    const asked: string[] = [];
    const take = (what: string) => {
      asked.push(what);
      return Promise.resolve({ ok: true, outcome: "" });
    };
    const hands = {
      request: (_: unknown, how = { isEnd: false }) => take(how.isEnd ? "end" : "request"),
      wait: (forUs: number) => take(`wait ${forUs}`).then(() => {}),
      execute: (file: string, args: readonly string[]) => take([file, ...args].join(" ")),
      order: ({ effect }: WorkerAct) => take(effect.kind),
    };
    expect(await outsideKindOf(name).perform(act, hands)).toEqual({ ok: true, outcome: "" });
    const lastsUs = outsideKindOf(name).lastsUs?.(act);
    // Workers see to the end of what they do to themselves.
    const hasEnd = lastsUs !== undefined && kind.on === "others";
    expect(asked.slice(1)).toEqual(hasEnd ? [`wait ${lastsUs}`, "end"] : []);
    expect(asked[0]).not.toBe("end");
  });
});

it.each([
  { kind: "call", url: "http://127.0.0.1:1/", headers: { a: "{{{{b}}" }, body: '{"a":"{{{{b}}"}' },
  { kind: "command", run: ["/bin/echo", "{{{{a}}"] },
  { kind: "pause-worker", for: "5s", who: { worker: "{{{{a}}" } },
])("what looks like a placeholder is none when it is written back: %j", (fault) => {
  const { scenario, given } = strict({ at: "steady", name: "one", ...fault });
  const again = parseScenario(JSON.stringify(writtenForm(scenario, given)), {
    ...{ fileName: "example.json", env: {} },
    readFile: () => Buffer.alloc(0),
  });
  expect(JSON.stringify(scenario.outside)).toMatch(/[^{]\{\{[ab]/);
  expect(again.ok && again.scenario.outside).toEqual(scenario.outside);
});

it("the end of resources is asked for also where nobody answered their beginning", async () => {
  const { example } = outsideKindOf("resources");
  const act = strict(example).scenario.outside[0]?.act as OutsideAct;
  const asked: string[] = [];
  const hands = {
    request: ({ method }: { method: string }) => {
      asked.push(method);
      return Promise.resolve({ ok: method === "DELETE", outcome: `${method} it` });
    },
    wait: () => Promise.reject(new Error("nothing to wait for")),
    execute: () => Promise.reject(new Error("no command")),
    order: () => Promise.reject(new Error("no worker")),
  };
  const result = await outsideKindOf("resources").perform(act, hands);
  expect(asked).toEqual(["PUT", "DELETE"]);
  expect(result).toEqual({ ok: false, outcome: "PUT it" });
});

it("no secret of a call lies on disk, nor stands in its written form", () => {
  const headers = { authorization: "Bearer {{vars.token}}" };
  const url = "http://127.0.0.1:1/unshown";
  const fault = { at: "steady", kind: "call", url, headers, body: "hidden" };
  const vars = { token: { env: "TOKEN", default: "geheim{{", secret: true } };
  const read = strict(fault, { vars, cleanup: [{ kind: "call", url, headers }] });
  const { scenario } = read;
  const written = writtenForm(scenario, read.given);
  expect([written.faults, written.cleanup]).toMatchObject([[{ headers }], [{ headers }]]);
  expect(JSON.stringify({ ...written, vars: null })).not.toContain("geheim");
  const elsewhere = { ...fault, body: "{{vars.token}}" };
  const spoilt = { ...fault, headers: { authorization: "{{vars.token + 'x'}}" } };
  expect(issues(elsewhere, { vars }).join()).toContain("would be shown here");
  expect(issues(spoilt, { vars }).join()).toContain("would be shown here");
  const [one] = scenario.outside;
  expect(one?.act).toMatchObject({ headers: [["authorization", "Bearer geheim{{"]] });
  const kept = JSON.stringify(outsideKindOf("call").redacted(one?.act as OutsideAct));
  expect(kept).not.toMatch(/geheim|unshown|hidden/);
});

it("what cannot be done is refused, with its place", () => {
  const call = { at: "steady", kind: "call" };
  expect(issues({ ...call, url: "ftp://a/" })).toEqual(["faults[0].url: neither http nor https"]);
  expect(issues({ ...call, url: "http://u:p@a/" }).join()).toContain("a user or a password");
  expect(issues({ ...call, url: "http://a/", method: "GET", body: "x" })).toEqual([
    "faults[0].body: a GET request has no body",
  ]);
  expect(issues({ ...call, url: "http://a/", headers: { "a b": "c" } }).join()).toContain(
    "no header that can be sent",
  );
  const resources = { at: "steady", kind: "resources", url: "http://a/", for: "5s" };
  expect(issues(resources)).toEqual(["faults[0]: resources needs cpu, memory or pause"]);
  expect(issues({ ...resources, cpu: "5%", url: "ftp://a/" }).join()).toContain("neither http nor");
  expect(issues({ ...resources, cpu: "5%", for: "11m" }).join()).toContain("more than 10m");
  expect(issues({ ...resources, cpu: "5%", for: undefined }).join()).toContain("faults[0]");
  const late = { ...resources, cpu: "5%", at: "steady+88s", for: "5s" };
  expect(issues(late).join()).toContain("goes on beyond the run");
  const command = { at: "steady", kind: "command" };
  expect(issues({ ...command, run: ["kill-pod"] })).toEqual([
    "faults[0].run[0]: the program needs its absolute path",
  ]);
});

it("workers are named in one way, and what lasts ends with the load", () => {
  const pause = { at: "steady+80s", for: "5s", kind: "pause-worker" };
  const workers = (who: unknown) => strict({ ...pause, who }).scenario.outside[0]?.act;
  const all = { share: 1, count: null, worker: null };
  expect(workers("50%")).toMatchObject({ workers: { ...all, share: 0.5 } });
  expect(workers(2)).toMatchObject({ workers: { ...all, count: 2 } });
  expect(workers({ worker: "w" })).toMatchObject({ workers: { ...all, worker: "w" } });
  expect(issues({ ...pause, who: { worker: "w", count: 1 } }).join()).toContain("faults[0].who");
  expect(issues({ ...pause, who: {} }).join()).toContain("faults[0].who");
  expect(issues({ ...pause, who: 1, for: "15s" }).join()).toContain("beyond the run");
  expect(issues({ ...pause, who: 1, for: "11m" }).join()).toContain("more than 10m");
  expect(issues({ ...pause, who: 1, for: undefined }).join()).toContain("faults[0]");
});
