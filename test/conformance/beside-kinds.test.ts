/**
 * Goal: every kind of action of a checkpoint, of rule of the environment and of step of clean-up keeps the promises of all. Method: each
 * kind of the registries, as its example is written: read, written back and redacted; rules are shown surroundings in which they hold and
 * others in which they do not.
 */
import { describe, expect, it } from "vitest";
import { parseScenario } from "../../shared/scenario/parse.ts";
import { ACTION_KINDS, actionKindOf } from "../../shared/scenario/sections/checkpoints/registry.ts";
import { RULE_KINDS, ruleKindOf } from "../../shared/scenario/sections/environment/registry.ts";
import type { Surroundings } from "../../shared/scenario/sections/environment/rule.ts";
import {
  CLEANUP_STEPS,
  outsideKindOf,
} from "../../shared/scenario/sections/faults/outside/registry.ts";
import { limitsOf, pickedOf } from "../../shared/scenario/strict-observe.ts";
import { writtenForm } from "../../shared/scenario/written.ts";

function read(parts: object) {
  const text = JSON.stringify({
    ...{ version: 1, target: "ws://127.0.0.1:1/", ...parts },
    load: [
      { phase: "open", ramp: "burst", to: 4, hold: "10s" },
      { phase: "steady", hold: "90s" },
    ],
    messages: { rate: "1/s", mix: [{ name: "a", send: { text: "a" }, reply: { match: "echo" } }] },
  });
  return parseScenario(text, {
    ...{ fileName: "example.json", env: {} },
    readFile: () => Buffer.alloc(0),
  });
}

function strict(parts: object) {
  const result = read(parts);
  if (!result.ok) throw new Error(result.issues.map(({ what }) => what).join("; "));
  return result;
}

function issues(parts: object) {
  const result = read(parts);
  return result.ok ? [] : result.issues.map(({ path, what }) => `${path}: ${what}`);
}

function writtenBack(parts: object) {
  const { scenario, given } = strict(parts);
  const again = parseScenario(JSON.stringify(writtenForm(scenario, given)), {
    ...{ fileName: "example.json", env: {} },
    readFile: () => Buffer.alloc(0),
  });
  return { scenario, again: again.ok ? again.scenario : null };
}

const HIDDEN = { headers: { authorization: "Bearer geheim" } };

describe.each(ACTION_KINDS.map((kind) => [kind.kind, kind] as const))("action %s", (name, kind) => {
  const { example, doc } = kind;

  it("is described, read, and written back as it was read", () => {
    expect(doc).toMatch(/^[A-Z].*\.$/);
    const { scenario, again } = writtenBack({ checkpoints: [{ at: "steady+1s", do: [example] }] });
    expect(scenario.checkpoints?.[0]?.actions).toMatchObject([{ kind: name }]);
    expect(again?.checkpoints).toEqual(scenario.checkpoints);
  });

  it("may stand alone where that means something", () => {
    const found = issues({ checkpoints: [{ at: "steady", do: [name] }] });
    if (kind.alone === undefined) expect(found.join()).toContain("checkpoints[0].do[0]");
    else expect(found).toEqual([]);
  });
});

describe.each(RULE_KINDS.map((kind) => [kind.kind, kind] as const))("rule %s", (name, kind) => {
  const { example, doc } = kind;

  it("is described, read, and written back as it was read", () => {
    expect(doc).toMatch(/^[A-Z].*\.$/);
    const rules = [example, { ...example, severity: "warning", name: "mine", timeout: "2s" }];
    const { scenario, again } = writtenBack({ environment: { before: rules, after: [example] } });
    const names = scenario.environment?.before.map((one) => one.name) ?? [];
    expect(names[1]).toBe("mine");
    expect(scenario.environment?.after).toMatchObject([{ severity: "error", act: { kind: name } }]);
    expect(again?.environment).toEqual(scenario.environment);
  });

  it("does not hold where nobody answers and nothing is there", async () => {
    const nothing: Surroundings = {
      ask: () => Promise.resolve({ failed: "ECONNREFUSED" }),
      host: { onrush: "9.9.9", node: "9.9.9", freeBytes: 0 },
      workers: [],
    };
    const act = strict({ environment: { before: [example] } }).scenario.environment?.before[0]?.act;
    if (act === undefined) throw new Error("no rule");
    const result = await ruleKindOf(name).check(act, nothing);
    expect(result.ok).toBe(false);
    expect(result.outcome).not.toBe("");
  });

  it("holds where all is as it asks", async () => {
    const text = "ok\nprocess_open_fds 12\n";
    const good: Surroundings = {
      ask: () => Promise.resolve({ status: 200, text, isWhole: true }),
      host: { onrush: "0.1.0", node: "22.3.1", freeBytes: 1e12 },
      workers: [
        {
          ...{ id: "w", openFiles: 1_000_000, ports: 60_000, clockErrorUs: 100 },
          ...{ onrush: "0.1.0", node: "22.11.0" },
        },
      ],
    };
    const act = strict({ environment: { after: [example] } }).scenario.environment?.after[0]?.act;
    if (act === undefined) throw new Error("no rule");
    expect(await ruleKindOf(name).check(act, good)).toMatchObject({ ok: true });
  });
});

describe.each(CLEANUP_STEPS.map(({ kind }) => kind))("clean-up by %s", (name) => {
  it("is a step as the fault is, without a time", () => {
    const { example } = outsideKindOf(name);
    const { at: _, ...step } = example;
    const { scenario, again } = writtenBack({ cleanup: [step, { ...step, name: "again" }, step] });
    const names = scenario.cleanup?.map((one) => one.name);
    expect(names).toEqual([`${name}@cleanup`, "again", `${name}@cleanup (2)`]);
    expect(again?.cleanup).toEqual(scenario.cleanup);
    expect(issues({ cleanup: [example] }).join()).toContain('unknown key "at"');
    expect(issues({ cleanup: [{ ...step, timeout: "6m" }] }).join()).toContain("more than 5m");
  });
});

it("no address and no header of what is asked lies on disk", () => {
  const webhook = { url: "http://127.0.0.1:1/geheim?a=geheim", ...HIDDEN };
  const { scenario } = strict({
    checkpoints: [{ at: "steady", do: [{ webhook }] }],
    environment: {
      before: [{ url: "http://127.0.0.1:1/geheim?a=geheim", ...HIDDEN }],
      after: [
        { metric: "http://127.0.0.1:1/geheim?a=geheim", sample: "a", limit: "> 1", ...HIDDEN },
      ],
    },
  });
  const [action] = scenario.checkpoints?.[0]?.actions ?? [];
  const rules = [...(scenario.environment?.before ?? []), ...(scenario.environment?.after ?? [])];
  const kept = [
    action && actionKindOf(action.kind).redacted(action),
    ...rules.map(({ act }) => ruleKindOf(act.kind).redacted(act)),
  ];
  expect(JSON.stringify([action, ...rules])).toContain("geheim");
  expect(JSON.stringify(kept)).not.toContain("geheim");
});

it("no token of a fault that a checkpoint begins lies on disk", () => {
  const stale = { kind: "stale-token", for: "5s", who: "50%", value: "geheim", header: "x-token" };
  const others = [
    { kind: "disconnect", who: "20%" },
    { kind: "stale-token", for: "1s", who: 1 },
  ];
  const faults = [stale, ...others].map((fault) => ({ fault }));
  const { scenario } = strict({ checkpoints: [{ at: "steady", do: faults }] });
  const actions = scenario.checkpoints?.[0]?.actions ?? [];
  const kept = actions.map((act) => actionKindOf(act.kind).redacted(act));
  const texts = kept.map((act) => "text" in act && JSON.parse(String(act.text)));
  expect(texts).toEqual([{ ...stale, value: "***" }, ...others]);
  expect(kept.map((act) => actionKindOf(act.kind).redacted(act))).toEqual(kept);
});

it("a rule is named by the host it asks: a path and a query may be secret", () => {
  const { scenario } = strict({
    environment: { before: [{ url: "http://a:1/hook/geheim?k=geheim" }, { url: "http://a:1/" }] },
  });
  const names = scenario.environment?.before.map(({ name }) => name);
  expect(names).toEqual(["url a:1", "url a:1 (2)"]);
});

it("names that are made are not those that are written further down, and are found again", () => {
  const { scenario, again } = writtenBack({
    checkpoints: [
      { at: "steady", do: ["mark"], name: "checkpoint 2" },
      { at: "steady", do: ["mark"] },
      { at: "steady", do: ["mark"] },
    ],
    environment: {
      before: [{ files: 5 }, { files: 5, timeout: "2s", name: "files 5" }, { files: 5 }],
      after: [],
    },
  });
  const names = (list: readonly { name: string }[] = []) => list.map(({ name }) => name);
  expect(names(scenario.checkpoints)).toEqual(["checkpoint 2", "checkpoint 2 (2)", "checkpoint 3"]);
  const before = ["files 5 (2)", "files 5", "files 5 (3)"];
  expect(names(scenario.environment?.before)).toEqual(before);
  expect(again?.checkpoints).toEqual(scenario.checkpoints);
  expect(again?.environment).toEqual(scenario.environment);
});

it("what looks like a placeholder is none when it is written back", () => {
  const text = "{{{{a}}";
  const webhook = { url: "http://a/", headers: { a: text } };
  const fault = { kind: "disconnect", who: { worker: text } };
  const { scenario, again } = writtenBack({
    checkpoints: [{ at: "steady", do: [{ mark: text }, { abort: text }, { webhook }, { fault }] }],
    environment: {
      before: [{ url: "http://a/", body: text, headers: { a: text } }],
      after: [{ metric: "http://a/", sample: 'a{b="c"}', limit: "> 1", headers: { a: text } }],
    },
    cleanup: [{ kind: "command", run: ["/bin/echo", text] }],
    observe: { ladder: { echo: text } },
  });
  const parts = ({ checkpoints, environment, cleanup, observe }: typeof scenario) => {
    return { checkpoints, environment, cleanup, observe };
  };
  expect(JSON.stringify(parts(scenario))).not.toContain("{{{{");
  expect(again && parts(again)).toEqual(parts(scenario));
});

it("a sample whose labels cannot be read is refused, with what can", () => {
  const metric = { metric: "http://a/", limit: "> 1" };
  for (const sample of ["a{code=500}", "a{code='500'}"]) {
    const found = issues({ environment: { before: [{ ...metric, sample }] } }).join();
    expect(found).toContain("not the name of a sample");
    const pages = [{ url: "http://a/", pick: [sample] }];
    expect(issues({ observe: { metrics: pages } }).join()).toContain("metrics[0].pick[0]");
  }
  const page = (port: number) => ({ url: `http://a:${port}/`, pick: ["a", "b"] });
  const { observe } = strict({ observe: { metrics: [page(1), page(2)] } }).scenario;
  expect(pickedOf(observe)).toEqual(["a (page 1)", "b (page 1)", "a (page 2)", "b (page 2)"]);
  const twice = [{ url: "http://a/", pick: ["a", "a"] }];
  expect(issues({ observe: { metrics: twice } }).join()).toContain("is picked twice");
});

it("a limit is a number, a size or another figure that is picked", () => {
  const pick = ["rss", "fds", "max"];
  const limited = (limits: object) => ({ metrics: [{ url: "http://a/", pick, limits }] });
  const { scenario, again } = writtenBack({
    observe: limited({ rss: "2gb", fds: "max", max: 9.5 }),
  });
  const limits = [
    { pick: "rss", limit: 2 * 1024 ** 3 },
    { pick: "fds", limit: "max" },
    { pick: "max", limit: 9.5 },
  ];
  expect(scenario.observe?.metrics[0]?.limits).toEqual(limits);
  expect(again?.observe).toEqual(scenario.observe);
  expect(limitsOf(scenario.observe)).toEqual(
    limits.map((one) => ({ figure: one.pick, limit: one.limit })),
  );
  const wrong = (of: object) => issues({ observe: limited(of) }).join();
  expect(wrong({ heap: 5 })).toContain('"heap" is not picked');
  expect(wrong({ rss: "plenty" })).toContain('no limit: "plenty"');
  expect(wrong({ rss: "rss" })).toContain('no limit: "rss"');
  expect(wrong({ rss: 0 })).toContain("limits.rss");
});

it("what Prometheus clients tell of as a limit is one, of the same page", () => {
  const page = (port: number, pick: readonly string[]) => ({ url: `http://a:${port}/`, pick });
  const both = ["process_open_fds", "process_max_fds"];
  const { observe } = strict({
    observe: { metrics: [page(1, both), page(2, both), page(3, both.slice(0, 1))] },
  }).scenario;
  expect(limitsOf(observe)).toEqual([
    { figure: "process_open_fds (page 1)", limit: "process_max_fds (page 1)" },
    { figure: "process_open_fds (page 2)", limit: "process_max_fds (page 2)" },
  ]);
});

it("what cannot be done is refused, with its place", () => {
  const one = (checkpoint: object) => issues({ checkpoints: [{ do: ["mark"], ...checkpoint }] });
  expect(one({})).toEqual(["checkpoints[0]: a checkpoint needs when or at"]);
  expect(one({ at: "steady", for: "3s" }).join()).toContain("for has no meaning without when");
  expect(one({ at: "nowhere" }).join()).toContain('unknown phase "nowhere"');
  expect(one({ when: "latncy.p99 > 5.0" }).join()).toContain("unknown name latncy");
  expect(one({ when: "latency > 5" }).join()).toContain("no such overload");
  expect(one({ when: "latency == push" }).join()).toContain("latency needs a statistic");
  expect(one({ when: "connect.dropped > 0.1" }).join()).toContain("connect has no dropped");
  expect(one({ when: "latency.p99" }).length + one({ when: "'a'" }).length).toBe(1);
  expect(one({ when: "ping.p99 > 5.0" }).join()).toContain("nothing is pinged");
  expect(one({ at: "steady", do: [{ mark: "a", abort: "b" }] }).join()).toContain("only one of");
  expect(one({ at: "steady", do: [{ fault: { kind: "disconect" } }] }).join()).toContain(
    "checkpoints[0].do[0].fault.kind: unknown kind of fault",
  );
  expect(
    one({ at: "steady", do: [{ fault: { kind: "disconnect", at: "open" } }] }).join(),
  ).toContain("it begins when the checkpoint is reached");
  const rule = (given: object) => issues({ environment: { before: [given] } }).join();
  expect(rule({ status: 200 })).toContain("a rule needs url or metric");
  expect(rule({ url: "http://a/", files: 5 })).toContain("only one of url or files");
  expect(rule({ url: "http://a/", body: "x", labels: 1 })).toContain('unknown key "labels"');
  expect(rule({ metric: "http://a/", limit: "< 5" })).toContain("needs either sample or json");
  expect(rule({ metric: "http://a/", sample: "a", limit: "5" })).toContain("not a limit");
});
