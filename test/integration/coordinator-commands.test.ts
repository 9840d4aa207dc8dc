/**
 * submit, runs, watch, stop, scale, workers and drain as a user types them, against a coordinator with two workers; and what several runs
 * at once do to one another.
 */

import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type ClusterWorker,
  Coordinator,
  echoScenario,
  flawsOf,
  type Info,
  SOUND,
  startWorker,
} from "../support/coordinator.ts";
import { parseExposition } from "../support/exposition.ts";
import { onrush, scratch, startTarget, type Target } from "../support/programs.ts";
import { type BrokerServer, missing, startBroker } from "../support/servers.ts";

const WAIT = { timeout: 30_000, interval: 100 };
const absent = missing("redis");

describe.skipIf(absent !== null)("commands that speak to a coordinator", () => {
  let broker: BrokerServer;
  let coordinator: Coordinator;
  let target: Target;
  const workers: ClusterWorker[] = [];
  const folder = scratch();

  beforeAll(async () => {
    broker = await startBroker("redis");
    target = await startTarget();
    const data = join(folder.path, "data");
    coordinator = await Coordinator.start({ bus: broker.url, data });
    // 60 connections each: a run of 100 takes both.
    for (const id of ["worker-a", "worker-b"]) {
      workers.push(startWorker(broker.url, id, { capacity: 60 }));
    }
  });

  afterAll(async () => {
    await Promise.all(workers.map((worker) => worker.leave()));
    await coordinator?.kill();
    await target?.[Symbol.asyncDispose]();
    await broker?.stop();
    folder[Symbol.dispose]();
  });

  /** Runs a command against the coordinator. */
  function command(args: readonly string[], env: Record<string, string> = {}) {
    return onrush(args, { env: { ONRUSH_COORDINATOR: coordinator.url, ...env } });
  }

  async function runs(): Promise<readonly Info[]> {
    return (await coordinator.get<{ runs: Info[] }>("/runs")).body.runs;
  }

  function file(scenario: object, name = "scenario.json"): string {
    const path = join(folder.path, name);
    writeFileSync(path, JSON.stringify(scenario));
    return path;
  }

  it("submits, lists, watches, and shows the result", async () => {
    const path = file(echoScenario(target.url, { connections: 50 }));
    const submitted = await command(["submit", path]);
    expect(submitted.exitCode, submitted.stderr).toBe(0);
    const id = submitted.stdout.trim();
    expect(id).toMatch(/^\d{8}-\d{6}-service-echo-[0-9a-f]{6}$/);

    const listed = await command(["runs"]);
    expect(listed.exitCode).toBe(0);
    expect(listed.stdout).toContain(id);
    expect(listed.stdout.split("\n")[0]).toMatch(/run +state +workers +connections +verdict/);

    const watched = await command(["watch", id]);
    const { exitCode } = await coordinator.over(id);
    expect(watched.exitCode, watched.stderr).toBe(exitCode);
    expect(watched.stdout).toContain("service echo");
    expect(watched.stdout).toContain("50");
    expect(watched.stderr).toMatch(/open \d+/);
    const again = await command(["watch", id, "--json", "--quiet"]);
    expect(again.summary).toEqual(await coordinator.result(id));
    expect(again.stderr).toBe("");

    const { runs } = JSON.parse((await command(["runs", "--json"])).stdout) as { runs: Info[] };
    expect(runs[0]).toMatchObject({ id, state: "done", exitCode });
  });

  it("lists workers and drains one, and says who comes and goes", async () => {
    const env = { ONRUSH_WORKER_FENCE_AFTER_MS: "5000" };
    await using third = startWorker(broker.url, "worker-c", { capacity: 60, env });
    interface Listed {
      readonly id: string;
      readonly connectionsOpen: number;
      readonly run: string | null;
    }
    // What is waited for is asked of the API: each command is a process.
    const list = async () =>
      (await coordinator.get<{ workers: Listed[] }>("/workers")).body.workers;
    await expect.poll(async () => (await list()).length, WAIT).toBe(3);
    const path = file(
      echoScenario(target.url, { connections: 150, holdSeconds: 600 }),
      "drain.json",
    );
    const id = (await command(["submit", path, "--workers", "3"])).stdout.trim();
    const watched = command(["watch", id]);
    const of = async (name: string) => (await list()).find((worker) => worker.id === name);
    await expect
      .poll(async () => (await of("worker-c"))?.connectionsOpen, WAIT)
      .toBeGreaterThan(20);
    const { workers: listed } = JSON.parse((await command(["workers", "--json"])).stdout) as {
      workers: Listed[];
    };
    expect(listed.map((worker) => worker.id)).toEqual((await list()).map((worker) => worker.id));
    expect(listed.find((worker) => worker.id === "worker-c")?.run).toBe(id);

    // Two of 60 do not hold 150: it stays a drain until a fourth comes.
    await using fourth = startWorker(broker.url, "worker-d", { capacity: 60 });
    expect(await command(["drain", "worker-c"])).toMatchObject({ exitCode: 0, stdout: "" });
    await expect.poll(async () => (await of("worker-c"))?.connectionsOpen, WAIT).toBe(0);
    const table = (await command(["workers"])).stdout.split("\n");
    expect(table[0]).toMatch(/^worker +host +state +engines +capacity +connections +run/);
    expect(table.find((line) => line.startsWith("worker-c"))).toMatch(/ drain(ed|ing) +1 +60 +0/);
    expect(await command(["drain", "worker-x"])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("there is no worker worker-x"),
    });

    await third.leave("SIGKILL");
    await expect.poll(() => coordinator.log, WAIT).toContain("worker worker-c lost");
    expect((await command(["scale", id, "--workers", "3"])).exitCode).toBe(0);
    await expect
      .poll(async () => (await coordinator.get(`/runs/${id}/events`)).text, WAIT)
      .toContain("Scaled");
    await command(["stop", id, "--abort"]);
    const { stderr } = await watched;
    expect(stderr).toContain("worker worker-d joined the run");
    expect(stderr).toContain("Worker worker-c leaves (drained): others take over what it holds.");
    expect(stderr).toContain("Scaled: at most 3 workers may serve the run from now on.");
    expect(coordinator.log).toMatch(
      /info: worker worker-c joined: host \S+, 1 engine, up to 60 connections/,
    );
    expect(coordinator.log).toContain("worker worker-c drains");
    await fourth.leave();
  });

  it("ends with the run's exit code when a threshold fails", async () => {
    const scenario = {
      ...echoScenario(target.url, { connections: 20, holdSeconds: 1 }),
      thresholds: { messages: ["sent == 1"] },
    };
    const { exitCode, summary, stderr } = await command([
      ...["submit", file(scenario), "--watch", "--json"],
    ]);
    expect(exitCode, stderr).toBe(summary?.exitCode);
    expect([97, 99]).toContain(exitCode);
    expect(summary?.thresholds).toMatchObject([{ rule: "sent == 1", passed: false }]);
    expect(stderr).toContain(`run ${summary?.run}`);
  });

  it("brings variables, files and changes along, and no more", async () => {
    writeFileSync(join(folder.path, "users.csv"), "name\nann\nbob\n");
    const scenario = {
      ...echoScenario(target.url, { connections: 30, holdSeconds: 1 }),
      vars: { token: { env: "API_TOKEN", secret: true }, room: "a" },
      data: { users: { csv: "users.csv" } },
      connect: { headers: { authorization: "Bearer {{vars.token}}" } },
      messages: {
        rate: "2/s",
        mix: [
          {
            name: "say",
            send: { text: "{{data.users.name}} {{vars.room}} {{vars.token}}" },
            reply: { match: "echo", within: "2s" },
          },
        ],
      },
      integrity: { stamp: false },
    };
    const secret = "token-that-nobody-may-see";
    const { exitCode, summary, stderr } = await command(
      [
        ...["submit", file(scenario), "--watch", "--json", "-e", "room=b"],
        ...["--set", "load.0.to=10", "--seed", "99"],
      ],
      { API_TOKEN: secret, OTHER_SECRET: "never-sent" },
    );
    expect(SOUND, stderr).toContain(exitCode);
    expect(summary?.connections.planned).toBe(10);
    expect(summary?.messages.matched).toBeGreaterThan(0);
    const id = summary?.run ?? "";
    for (const part of ["", "/scenario", "/events", "/plan", "/summary"]) {
      const { text, status } = await coordinator.get(`/runs/${id}${part}`);
      expect(status).toBe(200);
      expect(text).not.toContain(secret);
      expect(text).not.toContain("never-sent");
    }
    expect(coordinator.log).not.toContain(secret);
  });

  it("says what is wrong before anything is sent, and what the coordinator refuses", async () => {
    const wrong = await command(["submit", file({ ...echoScenario(target.url), lod: 1 })]);
    expect(wrong.exitCode).toBe(104);
    expect(wrong.stderr).toContain('unknown key "lod"');
    const foreign = await command(["submit", file(echoScenario("ws://example.org/"))]);
    expect(foreign.exitCode).toBe(98);
    expect(foreign.stderr).toContain("ONRUSH_TARGET_FORBIDDEN");
    expect((await command(["submit", join(folder.path, "none.yaml")])).exitCode).toBe(104);
    const nobody = "20260101-000000-nobody-abcdef";
    for (const args of [
      ["watch", nobody],
      ["stop", nobody],
      ["scale", nobody, "--all"],
    ]) {
      const { exitCode, stderr } = await command(args);
      expect(exitCode, args.join(" ")).toBe(2);
      expect(stderr).toContain(`there is no run ${nobody}`);
    }
    expect((await command(["scale", nobody])).exitCode).toBe(2);
    expect((await command(["scale", nobody, "--all", "--workers", "2"])).exitCode).toBe(2);
    expect((await command(["watch", "../../etc"])).exitCode).toBe(2);
    const away = await command(["runs", "--coordinator", "http://127.0.0.1:1"]);
    expect(away.exitCode).toBe(98);
    expect(away.stderr).toContain("ONRUSH_COORDINATOR_UNREACHABLE");
    expect((await command(["runs", "--coordinator", "nonsense"])).exitCode).toBe(2);
  });

  it("submits once, although the answer was lost on its way", async () => {
    const known = (await runs()).length;
    const { port } = new URL(coordinator.url);
    let connections = 0;
    const proxy = createServer((client) => {
      const server = connect(Number(port), "127.0.0.1");
      for (const socket of [client, server]) socket.on("error", () => {});
      client.pipe(server);
      connections++;
      if (connections === 1) server.once("data", () => client.destroy());
      else server.pipe(client);
    }).listen(0, "127.0.0.1");
    await once(proxy, "listening");
    const { port: own } = proxy.address() as AddressInfo;
    const path = file(echoScenario(target.url, { connections: 10, holdSeconds: 1 }));
    const args = ["submit", path, "--coordinator", `http://127.0.0.1:${own}`];
    const { exitCode, stdout, stderr } = await command(args);
    proxy.close();
    expect(exitCode, stderr).toBe(0);
    expect(connections).toBeGreaterThan(1);
    const all = await runs();
    expect(all.length).toBe(known + 1);
    expect(all[0]?.id).toBe(stdout.trim());
    await coordinator.over(stdout.trim());
  });

  it("stops a run, and cuts another", async () => {
    for (const [args, state] of [
      [[], "done"],
      [["--abort"], "aborted"],
    ] as const) {
      await using own = await startTarget();
      const scenario = echoScenario(own.url, { connections: 40, holdSeconds: 600 });
      const id = (await command(["submit", file(scenario)])).stdout.trim();
      const watching = command(["watch", id, "--json"]);
      await expect.poll(async () => (await own.now()).open, WAIT).toBe(40);
      expect((await command(["stop", id, ...args])).exitCode).toBe(0);
      const { exitCode, summary } = await watching;
      expect(exitCode).toBe(103);
      expect(summary?.verdict).toBe("stopped");
      expect((await coordinator.info(id)).state).toBe(state);
      const late = await command(["stop", id]);
      expect(late.exitCode).toBe(2);
      expect(late.stderr).toContain("is over");
    }
  });

  it("scales a run", async () => {
    await using own = await startTarget();
    const scenario = echoScenario(own.url, { connections: 40, holdSeconds: 600 });
    const id = (await command(["submit", file(scenario), "--workers", "2"])).stdout.trim();
    await expect.poll(async () => (await own.now()).open, WAIT).toBe(40);
    expect((await coordinator.info(id)).workers).toBe(2);
    const scaled = await command(["scale", id, "--workers", "1"]);
    expect(scaled.exitCode, scaled.stderr).toBe(0);
    const holders = async () => {
      const { body } = await coordinator.get<{ workers: { slices: number }[] }>("/workers");
      return body.workers.filter(({ slices }) => slices > 0).length;
    };
    await expect.poll(holders, WAIT).toBe(1);
    await expect.poll(async () => (await own.now()).open, WAIT).toBe(40);
    await command(["stop", id]);
    expect(flawsOf(await coordinator.result(id))).toEqual([]);
  });

  it("does two runs side by side when there is room, and one after the other when not", async () => {
    const small = echoScenario(target.url, { connections: 40, holdSeconds: 12 });
    const large = echoScenario(target.url, { connections: 100, holdSeconds: 2 });
    await using own = await startTarget();
    // Both are in line when workers become free: one that is alone takes all of them.
    await coordinator.submit(large);
    const [one, two] = await Promise.all([
      coordinator.submit(small, "?workers=1"),
      coordinator.submit(echoScenario(own.url, { connections: 40, holdSeconds: 12 }), "?workers=1"),
    ]);
    await coordinator.until("both go on", async () => {
      const states = [await coordinator.info(one), await coordinator.info(two)];
      return states.every(({ state, workers: serve }) => state === "running" && serve === 1);
    });
    let families = parseExposition((await coordinator.get("/metrics")).text);
    // A run is shown from its first view on.
    await coordinator.until("both are measured", async () => {
      families = parseExposition((await coordinator.get("/metrics")).text);
      const labelled = families.get("onrush_run_connections_open")?.samples ?? [];
      const runs = labelled.map(({ labels }) => labels["run"]);
      return runs.length === 2 && runs.includes(one) && runs.includes(two);
    });
    expect(families.get("onrush_runs_going")?.samples[0]?.value).toBe(2);
    expect(families.get("onrush_workers")?.samples[0]?.value).toBe(2);
    // Takes both workers: it waits, and says so.
    const third = await coordinator.submit(large);
    expect((await coordinator.info(third)).waiting).toBe(1);
    const listed = await command(["runs"]);
    expect(listed.stdout).toContain("1 in line");
    const ends: number[] = [];
    for (const id of [one, two]) {
      const { endedAt, exitCode } = await coordinator.over(id);
      expect(SOUND).toContain(exitCode);
      ends.push(Date.parse(endedAt ?? ""));
    }
    const last = await coordinator.over(third);
    expect(SOUND).toContain(last.exitCode);
    expect(Date.parse(last.startedAt ?? "")).toBeGreaterThanOrEqual(Math.max(...ends));
    const events = await coordinator.get(`/runs/${third}/events`);
    expect(events.text).toContain("Queued");
    // Each counts its own: the other target saw one of them alone.
    const summary = await coordinator.result(two);
    expect(summary.connections.established).toBe((await own.stats()).accepted);
    expect(summary.messages.sent).toBe((await own.stats()).messagesIn);
  });

  it("lets a worker go at Ctrl-C", async () => {
    await using worker = startWorker(broker.url, "worker-c");
    await coordinator.until("it is there", async () => {
      return (await coordinator.get("/workers")).text.includes("worker-c");
    });
    expect(await worker.leave("SIGINT")).toBe(0);
    await coordinator.until("it is gone", async () => {
      return !(await coordinator.get("/workers")).text.includes("worker-c");
    });
  });

  it("has a run that no worker can ever hold fail, and say why", async () => {
    const id = await coordinator.submit(echoScenario(target.url, { connections: 500 }));
    const info = await coordinator.over(id);
    expect(info).toMatchObject({ state: "failed", verdict: "invalid", exitCode: 98 });
    expect(info.problem).toContain("cannot start");
    const watched = await command(["watch", id, "--quiet"]);
    expect(watched.exitCode).toBe(98);
    expect(watched.stdout).toContain("cannot start");
  });
});
