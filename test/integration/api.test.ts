/**
 * Goal: the package does for a TypeScript program what docs/api.md says. Method: the tarball that `npm pack` makes is
 * installed in a project of its own; its declarations are checked by the compiler along with programs that use them, and these
 * run as processes that have to end by themselves. What they get is held against the commands, the run directory and the
 * target's own counts. The snippets of docs/api.md and the example are among the programs.
 */
import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { HistogramLogReader, type JsHistogram } from "hdr-histogram-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Summary } from "../../coordinator/report/summary-schema.ts";
import { fencesOf, ROOT } from "../docs/fences.ts";
import { CLUSTER_KEY } from "../support/cluster-key.ts";
import { type Consumer, makeConsumer } from "../support/consumer.ts";
import { onrush, startTarget, startWorker, type Target } from "../support/programs.ts";
import type { Ran } from "../support/run-to-end.ts";
import { missing, startBroker } from "../support/servers.ts";

const FIXTURES = join(ROOT, "test/fixtures/consumer");
const DOCUMENT = "docs/api.md";
const DOCUMENTED_TARGET = "ws://127.0.0.1:9001";

/** What the snippets of the document run. */
const SCENARIO = `version: 1
target: ${DOCUMENTED_TARGET}
vars: { room: hall }
load:
  - { phase: ramp, ramp: linear, to: 10, over: 1s }
  - { phase: steady, hold: 2s }
messages:
  rate: 5/s
  mix:
    - { name: say, send: { json: { id: "{{uuid}}", room: "{{vars.room}}" } }, reply: { where: "m.id == sent.id", within: 2s } }
`;

/** A machine that others use may make a run invalid; what it counted has to be right all the same. */
const ENDED_WELL = [0, 97];

let target: Target;
let consumer: Consumer;
let compiled: string;

const snippets = fencesOf(DOCUMENT).filter(({ info }) => info === "ts");

beforeAll(async () => {
  [target, consumer] = await Promise.all([startTarget(), makeConsumer()]);
  const atTarget = (text: string) => text.replaceAll(DOCUMENTED_TARGET, target.url);
  for (const name of readdirSync(FIXTURES)) {
    consumer.write(name, readFileSync(join(FIXTURES, name), "utf8"));
  }
  const example = readFileSync(join(ROOT, "examples/load-test.mts"), "utf8");
  consumer.write("load-test.mts", example);
  consumer.write("scenario.yaml", atTarget(SCENARIO));
  for (const { line, lines } of snippets) {
    consumer.write(`snippet-${line}.mts`, atTarget(lines.join("\n")));
  }
  compiled = await consumer.compile();
}, 180_000);

afterAll(async () => {
  consumer?.[Symbol.dispose]();
  await target?.[Symbol.asyncDispose]();
});

/** What a program printed as JSON. */
function printed<T>({ exitCode, stdout, stderr }: Ran): T {
  expect(stderr).toBe("");
  expect(exitCode).toBe(0);
  return JSON.parse(stdout) as T;
}

/** As it was written, and without what JSON cannot hold. */
const summaryOf = (directory: string) =>
  JSON.parse(readFileSync(join(consumer.folder, directory, "summary.json"), "utf8")) as Summary;

describe("the package", () => {
  it("has declarations that the strictest compiler takes, for everything documented", () => {
    expect(compiled).toBe("");
  });

  it("exports the API and nothing else", async () => {
    consumer.write(
      "inside.mjs",
      `for (const path of ["onrush/dist/coordinator/api.js", "onrush/coordinator/api", "onrush/shared/errors.js"])
         await import(path).then(() => console.log("there"), ({ code }) => console.log(code));
       console.log(Object.keys(await import("onrush")).join(" "));`,
    );
    const { stdout } = await consumer.run("inside.mjs");
    const refused = "ERR_PACKAGE_PATH_NOT_EXPORTED";
    expect(stdout.trim().split("\n")).toEqual([
      ...[refused, refused, refused],
      "OnrushError ScenarioError compare estimate explain histograms plan report resources run summarise trend validate",
    ]);
  });
});

interface SeveralRuns {
  readonly views: { readonly state: string; readonly open: number; readonly elapsedUs: number }[];
  readonly events: string[];
  readonly first: RanResult & { readonly leaves: number };
  readonly stopped: RanResult;
  readonly signalled: RanResult;
  readonly second: RanResult;
  readonly rebuilt: { summary: Summary; incomplete: boolean; notes: string[]; files: string[] };
  readonly text: string;
  readonly fullText: string;
  readonly validation: object;
  readonly plan: object;
  readonly estimate: object;
  readonly resources: { readonly workers: number; readonly memory: { readonly bytes: number } };
  readonly compared: object;
  readonly histograms: LeafFigures[];
  readonly before: object;
  readonly after: object;
  readonly resources_left: string[];
  readonly children: string[];
}

interface RanResult {
  readonly id: string;
  readonly directory: string;
  readonly summary: Summary;
  readonly exitCode: number;
  readonly problem: object | null;
  readonly files: string[];
}

interface LeafFigures {
  readonly metric: string;
  readonly phase: string | null;
  readonly name: string | null;
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

describe("several runs in one process", () => {
  let said: SeveralRuns;
  let accepted: number;

  beforeAll(async () => {
    const before = await target.now();
    said = printed<SeveralRuns>(await consumer.run("several-runs.mjs", [target.url]));
    accepted = (await target.stats()).accepted - before.accepted;
  });

  it("leave nothing behind: no child, no timer, no listener", () => {
    expect(said.resources_left).toEqual([]);
    expect(said.children).toEqual([]);
    expect(said.after).toEqual(said.before);
  });

  it("give the summary that is on disk, and what the target counted", () => {
    const { first, stopped, signalled, second } = said;
    for (const { summary, directory, exitCode } of [first, stopped, signalled, second]) {
      expect(summary).toEqual(summaryOf(directory));
      expect(exitCode).toBe(summary.exitCode);
    }
    const { connections, messages } = first.summary;
    expect(ENDED_WELL).toContain(first.exitCode);
    expect(first.problem).toBeNull();
    expect(connections).toMatchObject({ planned: 20, established: 20, failed: 0 });
    expect(messages.matched).toBe(messages.sent);
    const all = [first, stopped, signalled, second];
    expect(all.reduce((sum, { summary }) => sum + summary.connections.established, 0)).toBe(
      accepted,
    );
  });

  it("show views while they go on, in their order, and events", () => {
    const elapsed = said.views.map(({ elapsedUs }) => elapsedUs);
    expect(elapsed.length).toBeGreaterThan(1);
    expect(elapsed).toEqual(elapsed.toSorted((a, b) => a - b));
    expect(said.views.some(({ state }) => state === "running")).toBe(true);
    expect(said.events).toEqual(expect.arrayContaining(["state", "start", "worker-joined"]));
  });

  it("are stopped by stop() and by a signal, with exit code 103 and everything written", () => {
    for (const { exitCode, summary, files } of [said.stopped, said.signalled]) {
      expect(exitCode).toBe(103);
      expect(summary.verdict).toBe("stopped");
      expect(files).toHaveLength(2);
    }
    expect(said.stopped.summary.connections.established).toBeGreaterThan(0);
    expect(said.signalled.summary.connections.established).toBe(0);
  });

  it("name the files they wrote", () => {
    const written = [
      "runs/first/report.html",
      "runs/first/summary.json",
      "runs/first/report.md",
      "reports/junit.xml",
    ];
    expect(said.first.files).toEqual(written);
    for (const path of [...written, ...said.rebuilt.files]) {
      expect(readFileSync(join(consumer.folder, path), "utf8").length, path).toBeGreaterThan(100);
    }
    expect(said.rebuilt).toMatchObject({ incomplete: false, notes: [] });
    expect(said.rebuilt.files).toEqual(["runs/first/report.html", "runs/first/results.csv"]);
    expect(said.rebuilt.summary).toEqual(said.first.summary);
  });

  it("are compared as the command compares them", async () => {
    const at = (name: string) => join(consumer.folder, "runs", name);
    const { stdout } = await onrush(["compare", at("first"), at("second"), "--json"]);
    expect(said.compared).toEqual(JSON.parse(stdout));
    const { baseline } = said.second.summary;
    expect(baseline).toMatchObject({ rules: [{ rule: "p99>100000%" }] });
  });

  it("are put into words as by the command", async () => {
    const { stdout } = await onrush(["report", join(consumer.folder, "runs/first")]);
    const lines = said.text.trimEnd().split("\n");
    expect(lines.length).toBeGreaterThan(5);
    expect(stdout.split("\n").slice(0, lines.length)).toEqual(lines);
    expect(said.fullText).toMatch(/^ {2}steady .* 2/m);
  });

  it("have histograms that add up to those of the run directory", () => {
    const { histograms, first } = said;
    expect(first.leaves).toBe(histograms.length);
    const names = histograms.map(({ metric, phase, name }) => `${metric}|${phase}|${name}`);
    expect(new Set(names).size).toBe(names.length);
    for (const metric of ["latency", "service", "connect", "loopLag"]) {
      const leaves = histograms.filter((leaf) => leaf.metric === metric);
      const logged = loggedHistogram(
        join(consumer.folder, "runs/first", "histograms", `${metric}.hlog`),
      );
      expect(
        leaves.reduce((sum, { count }) => sum + count, 0),
        metric,
      ).toBe(logged.totalCount);
      expect(Math.max(...leaves.map(({ max }) => max)), metric).toBe(logged.maxValue);
    }
    const steady = histograms.filter(
      ({ metric, phase }) => metric === "latency" && phase === "steady",
    );
    expect(steady).toMatchObject([{ name: "beat" }]);
    for (const { metric, name } of histograms) {
      expect(name, metric).toBe(["latency", "service"].includes(metric) ? "beat" : null);
    }
    const ofMessages = histograms.filter(({ metric }) => metric === "latency");
    expect(ofMessages.reduce((sum, { count }) => sum + count, 0)).toBe(
      first.summary.messages.matched,
    );
  });

  it("are planned before they run", () => {
    const size = { peakConnections: 20, durationSeconds: 3 };
    expect(said.validation).toEqual({ valid: true, name: "several", ...size });
    expect(said.estimate).toEqual({ durationSeconds: 3, drainSeconds: 7, atMost: false });
    expect(said.plan).toMatchObject({
      ...size,
      opens: 20,
      openBySecond: [expect.any(Number), 20, expect.any(Number)],
      phases: [
        { phase: "up", excluded: true, openBefore: 0, openAfter: 20 },
        { phase: "steady", excluded: false, messageRate: { kind: "perConnection", perSec: 5 } },
      ],
    });
    expect(said.resources.workers).toBe(1);
    expect(said.resources.memory.bytes).toBeGreaterThan(1e6);
  });
});

interface Failure {
  readonly code: string;
  readonly exitCode: number;
  readonly message: string;
  readonly issues: { readonly what: string; readonly path: string; readonly file: string }[] | null;
}

describe("what goes wrong around a run", () => {
  it("is an error with the code of the command line, and nothing is written", async () => {
    const said = printed<Record<string, Failure>>(await consumer.run("errors.mjs"));
    const codes = Object.entries(said).map(([name, failure]) => [name, failure?.code]);
    expect(Object.fromEntries(codes)).toMatchObject({
      unreadable: "ONRUSH_SCENARIO_UNREADABLE",
      invalid: "ONRUSH_SCENARIO_INVALID",
      forbidden: "ONRUSH_TARGET_FORBIDDEN",
      workers: "ONRUSH_USAGE",
      outputs: "ONRUSH_USAGE",
      key: "ONRUSH_USAGE",
      bus: "ONRUSH_BUS_UNREACHABLE",
      unreachable: "ONRUSH_TARGET_UNREACHABLE",
      notAUrl: "ONRUSH_USAGE",
    });
    expect(said["invalid"]?.issues).toMatchObject([{ file: "seed" }]);
    expect(said["forbidden"]?.exitCode).toBe(98);
    expect(said["iterated"]).toBe("ONRUSH_SCENARIO_UNREADABLE");
    expect(said["validation"]).toMatchObject({
      valid: false,
      issues: [{ file: 'set["load.a.to"]' }],
    });
    expect(said["nothing"]).toMatchObject({ valid: false, issues: [{ path: "load" }] });
  });
});

describe("a run on a bus", () => {
  const reason = missing("redis");

  it.skipIf(reason !== null)(
    "takes the workers that are there, and gives the lead back",
    async () => {
      type Said = Pick<RanResult, "summary" | "exitCode" | "problem">[];
      const broker = await startBroker("redis");
      let results: Said;
      try {
        await using _ = startWorker(broker.url, ["--engines", "1", "--id", "a"]);
        const folder = mkdtempSync(join(consumer.folder, "on-bus-"));
        const args = [target.url, broker.url, CLUSTER_KEY, folder];
        results = printed<Said>(await consumer.run("on-bus.mjs", args));
      } finally {
        await broker.stop();
      }
      expect(results).toHaveLength(2);
      for (const { summary, exitCode, problem } of results) {
        expect(problem).toBeNull();
        expect(ENDED_WELL).toContain(exitCode);
        expect(summary.workers).toMatchObject([{ id: "a" }]);
        expect(summary.connections).toMatchObject({ planned: 50, established: 50, openAtEnd: 0 });
      }
    },
  );
});

describe(DOCUMENT, () => {
  beforeAll(async () => {
    expect(await consumer.run("earlier-runs.mjs")).toMatchObject({
      exitCode: 0,
      stdout: "",
      stderr: "",
    });
  });

  it("has snippets", () => {
    expect(snippets.length).toBeGreaterThan(5);
  });

  it.each(snippets.map(({ line }) => line))(
    "the snippet of line %i runs and ends by itself",
    async (line) => {
      const { exitCode, stdout, stderr } = await consumer.run(`snippet-${line}.mjs`);
      expect(stderr).toBe("");
      expect(exitCode).toBe(0);
      expect(stdout).not.toBe("");
    },
  );

  it("names every function and option there is", () => {
    const text = readFileSync(join(ROOT, DOCUMENT), "utf8");
    const declared = [
      "run-options",
      "scenario-source",
      "compare-options",
      "live-run",
      "histograms",
    ].flatMap((file) => {
      const source = readFileSync(join(ROOT, `coordinator/api/${file}.ts`), "utf8");
      return [...source.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name]) => name ?? "");
    });
    expect(declared.length).toBeGreaterThan(25);
    expect(declared.filter((name) => !new RegExp(`\\b${name}\\b`).test(text))).toEqual([]);
  });
});

describe("examples/load-test.mts", () => {
  it("tests a target, prints what it saw and ends with the run's exit code", async () => {
    const { exitCode, stdout, stderr } = await consumer.run("load-test.mjs", [target.url]);
    expect(stderr).toBe("");
    expect([...ENDED_WELL, 99]).toContain(exitCode);
    expect(stdout).toMatch(/running: \d+ connections/);
    expect(stdout).toMatch(/hello in steady: median \d+ us/);
    expect(stdout).toMatch(
      /: \d+ replies; runs\/\S+\/report\.html, runs\/\S+\/summary\.json, runs\/\S+\/report\.md\n$/,
    );
  });
});

/** All intervals of a log together. */
function loggedHistogram(path: string): JsHistogram {
  const reader = new HistogramLogReader(readFileSync(path, "utf8"));
  let sum: JsHistogram | null = null;
  for (;;) {
    const next = reader.nextIntervalHistogram() as JsHistogram | null;
    if (next === null) break;
    if (sum === null) sum = next;
    else sum.add(next);
  }
  if (sum === null) throw new Error(`${path} is empty`);
  return sum;
}
