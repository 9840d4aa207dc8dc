/**
 * Goal: a real Prometheus takes what a run and a coordinator expose, the alerts of deploy/, and every question of its
 * dashboard. Method: its own checker on a scrape and on the rules; a server that scrapes the built command once a second,
 * asked each expression of the dashboard with its variables filled in as Grafana fills them.
 */
import type { ChildProcess } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { Coordinator, startWorker, writeTokens } from "../support/coordinator.ts";
import { runScenario, scratch, startTarget } from "../support/programs.ts";
import {
  type Answer,
  lacksPrometheus,
  type PrometheusServer,
  promtool,
  startPrometheus,
} from "../support/prometheus.ts";
import { missing, startBroker } from "../support/servers.ts";

const RULES = fileURLToPath(new URL("../../deploy/prometheus/rules.yml", import.meta.url));
const DASHBOARD = new URL("../../deploy/grafana/onrush.json", import.meta.url);
const WAIT_MS = 30_000;

/** As Grafana asks: all runs, all phases. */
function expressions(): string[] {
  const { panels } = JSON.parse(readFileSync(DASHBOARD, "utf8")) as {
    panels: { targets?: { expr: string }[] }[];
  };
  return panels.flatMap(({ targets = [] }) =>
    targets.map(({ expr }) =>
      expr.replaceAll("$run", ".*").replaceAll("$phase", ".*").replaceAll("$__rate_interval", "5s"),
    ),
  );
}

/** What cannot be empty while a run goes on. */
const NEVER_EMPTY = [
  'onrush_run_connections_open{run=~".*"}',
  'sum(rate(onrush_run_messages_sent_total{run=~".*", phase=~".*"}[5s]))',
  'histogram_quantile(0.99, sum by (le) (rate(onrush_run_corrected_latency_seconds_bucket{run=~".*", phase=~".*"}[5s])))',
];

/** And while a cluster has one. */
const NEVER_EMPTY_OF_CLUSTER = [
  ...NEVER_EMPTY,
  "onrush_workers",
  "onrush_workers_capacity_connections",
  "onrush_runs_going",
  "onrush_runs_waiting",
  "onrush_coordinator_process_resident_memory_bytes",
];
/** Three of a process' own figures have names that the checker does not like. */
const OF_PROM_CLIENT = /^onrush_coordinator_nodejs_active_(handles|requests|resources)_total /;
const VIEWER = "viewer-token-of-prometheus";
const OPERATOR = "operator-token-of-the-test";

/** Of every question. @returns those that were answered with something */
async function answered(
  server: PrometheusServer,
  asked: readonly string[],
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (const expression of asked) {
    const answer = await server.query(expression);
    expect(answer.status, `${expression}: ${answer.error}`).toBe("success");
    if (size(answer) > 0) found.add(expression);
  }
  return found;
}

function size({ data }: Answer): number {
  return data?.result.length ?? 0;
}

/** Until all of them have an answer with something in it. */
async function filled(server: PrometheusServer, asked: readonly string[]): Promise<void> {
  const giveUpAt = performance.now() + WAIT_MS;
  for (;;) {
    const answers = await Promise.all(asked.map((expression) => server.query(expression)));
    if (answers.every((answer) => size(answer) > 0) || performance.now() > giveUpAt) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

interface Started extends AsyncDisposable {
  /** Where it can be scraped. */
  readonly url: Promise<string>;
  /** @returns its exit code */
  interrupt(): Promise<number | null>;
}

/** A run that goes on until it is interrupted, or the scope ends. */
function start(scenario: object, folder: string): Started {
  let run: ChildProcess | undefined;
  let said = "";
  const ended = runScenario(scenario, folder, {
    args: ["--out", "prometheus=:0"],
    onStart: (child) => {
      run = child;
      child.stderr?.on("data", (chunk: Buffer) => {
        said += chunk.toString();
      });
    },
  });
  const told = async () => {
    for (;;) {
      const url = /metrics on (http:\S+)\n/.exec(said)?.[1];
      if (url !== undefined) return url;
      if (run?.exitCode !== null) throw new Error(`the run has ended: ${said}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const interrupt = async () => {
    run?.kill("SIGINT");
    return (await ended).exitCode;
  };
  return {
    url: told(),
    interrupt,
    [Symbol.asyncDispose]: async () => void (await interrupt()),
  };
}

/** It goes on until it is ended. */
const SCENARIO = (target: string) => ({
  target,
  load: [
    { phase: "warmup", ramp: "linear", to: 20, over: "1s" },
    { phase: "steady", hold: "10m" },
  ],
  messages: {
    rate: "10/s",
    mix: [{ name: "beat", send: { binary: { size: 64 } }, reply: { match: "echo", within: "2s" } }],
  },
  connect: { heartbeat: { ping: "1s" } },
});

describe.skipIf(lacksPrometheus())("Prometheus", () => {
  it("accepts the alerts", () => {
    expect(promtool(["check", "rules", RULES])).toMatchObject({
      ok: true,
      text: expect.stringContaining("3 rules found"),
    });
  });

  it("finds nothing wrong with a scrape, and answers every question of the dashboard", async () => {
    await using target = await startTarget();
    using folder = scratch();
    using store = scratch();
    await using run = start(SCENARIO(target.url), folder.path);
    const scrape = await run.url;
    await using server = await startPrometheus(store.path, { scrape, rules: RULES });
    const asked = expressions();
    expect(asked.length).toBeGreaterThan(40);
    expect(asked).toEqual(expect.arrayContaining(NEVER_EMPTY));
    await filled(server, NEVER_EMPTY);

    const text = await (await fetch(scrape)).text();
    expect(promtool(["check", "metrics"], text)).toEqual({ text: "", ok: true });
    const found = await answered(server, asked);
    expect(NEVER_EMPTY.filter((expression) => !found.has(expression))).toEqual([]);
    const { data } = (await server.get("/api/v1/rules")) as {
      data: { groups: { rules: { name: string; health: string }[] }[] };
    };
    const rules = data.groups.flatMap((group) => group.rules);
    expect(rules.map(({ name, health }) => `${name} ${health}`)).toEqual([
      "OnrushGeneratorSaturated ok",
      "OnrushMessagesSkipped ok",
      "OnrushRunWithoutFrames ok",
    ]);
    expect(await run.interrupt()).toBe(105);
  });

  it.skipIf(missing("redis") !== null)(
    "scrapes a coordinator with a token, and answers the same of a run of a cluster",
    async () => {
      await using target = await startTarget();
      using folder = scratch();
      using store = scratch();
      const broker = await startBroker("redis");
      await using _ = { [Symbol.asyncDispose]: () => broker.stop() };
      await using coordinator = await Coordinator.start({
        bus: broker.url,
        data: folder.path,
        env: { ONRUSH_TOKENS_FILE: writeTokens(store.path, VIEWER, OPERATOR) },
      });
      await using _one = startWorker(broker.url, "worker-a");
      await using _other = startWorker(broker.url, "worker-b");
      const submitted = await coordinator.post<{ id: string }>("/runs?workers=2", {
        body: { version: 1, name: "watched", ...SCENARIO(target.url) },
        token: OPERATOR,
      });
      expect(submitted.status, submitted.text).toBe(201);
      const scrape = coordinator.address("/metrics");
      await using server = await startPrometheus(store.path, {
        scrape,
        rules: RULES,
        token: VIEWER,
      });
      const asked = expressions();
      expect(asked).toEqual(expect.arrayContaining(NEVER_EMPTY_OF_CLUSTER));
      await filled(server, NEVER_EMPTY_OF_CLUSTER);

      const { text } = await coordinator.get("/metrics", { token: VIEWER });
      const said = promtool(["check", "metrics"], text).text.split("\n").filter(Boolean);
      expect(said.filter((line) => !OF_PROM_CLIENT.test(line))).toEqual([]);
      const found = await answered(server, asked);
      expect(NEVER_EMPTY_OF_CLUSTER.filter((expression) => !found.has(expression))).toEqual([]);
      // Latency of the cluster's run is there by its id, in the histogram of both workers together.
      const runs = await server.query(
        "count by (run) (onrush_run_corrected_latency_seconds_count)",
      );
      expect(runs.data?.result.map(({ metric }) => metric)).toEqual([{ run: submitted.body.id }]);
      const abort = await coordinator.post(`/runs/${submitted.body.id}/actions/abort`, {
        token: OPERATOR,
      });
      expect(abort.status).toBe(202);
    },
  );

  it("accepts the configuration of deploy/compose", () => {
    using folder = scratch();
    const text = readFileSync(
      new URL("../../deploy/compose/prometheus.yml", import.meta.url),
      "utf8",
    );
    writeFileSync(join(folder.path, "token"), "0123456789abcdef");
    const file = join(folder.path, "prometheus.yml");
    const here = text
      .replace("/etc/prometheus/rules.yml", RULES)
      .replace("/run/secrets/onrush/metrics-token", join(folder.path, "token"));
    writeFileSync(file, here);
    expect(promtool(["check", "config", file])).toMatchObject({ ok: true });
  });

  it("finds what is wrong", () => {
    const wrong = "# HELP onrush_x x\n# TYPE onrush_x counter\nonrush_x 1\n";
    expect(promtool(["check", "metrics"], wrong)).toMatchObject({
      text: expect.stringContaining("_total"),
    });
  });
});
