/**
 * Goal: a real Prometheus takes what a run exposes, the alerts of deploy/, and every question of its dashboard. Method: its
 * own checker on a scrape and on the rules; a server that scrapes the built command once a second, asked each expression
 * of the dashboard with its variables filled in as Grafana fills them.
 */
import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { runScenario, scratch, startTarget } from "../support/programs.ts";
import {
  type Answer,
  lacksPrometheus,
  type PrometheusServer,
  promtool,
  startPrometheus,
} from "../support/prometheus.ts";

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
    const scenario = {
      target: target.url,
      load: [
        { phase: "warmup", ramp: "linear", to: 20, over: "1s" },
        { phase: "steady", hold: "10m" },
      ],
      messages: {
        rate: "10/s",
        mix: [
          { name: "beat", send: { binary: { size: 64 } }, reply: { match: "echo", within: "2s" } },
        ],
      },
      connect: { heartbeat: { ping: "1s" } },
    };
    await using run = start(scenario, folder.path);
    const scrape = await run.url;
    await using server = await startPrometheus(store.path, { scrape, rules: RULES });
    const asked = expressions();
    expect(asked.length).toBeGreaterThan(40);
    expect(asked).toEqual(expect.arrayContaining(NEVER_EMPTY));
    await filled(server, NEVER_EMPTY);

    const text = await (await fetch(scrape)).text();
    expect(promtool(["check", "metrics"], text)).toEqual({ text: "", ok: true });
    for (const expression of asked) {
      const answer = await server.query(expression);
      expect(answer.status, `${expression}: ${answer.error}`).toBe("success");
      if (NEVER_EMPTY.includes(expression)) expect(size(answer), expression).toBeGreaterThan(0);
    }
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

  it("finds what is wrong", () => {
    const wrong = "# HELP onrush_x x\n# TYPE onrush_x counter\nonrush_x 1\n";
    expect(promtool(["check", "metrics"], wrong)).toMatchObject({
      text: expect.stringContaining("_total"),
    });
  });
});
