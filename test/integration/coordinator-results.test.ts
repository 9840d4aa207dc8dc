/**
 * Results through the API. Goal: of a run that goes on they are those of this moment, of one that is over those on its disk,
 * and of a long one they are made without the coordinator standing still: it keeps the lead and answers all the while.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Summary } from "../../coordinator/report/summary-schema.ts";
import {
  type ClusterWorker,
  Coordinator,
  echoScenario,
  startWorker,
} from "../support/coordinator.ts";
import { onrush, scratch, startTarget } from "../support/programs.ts";
import { type BrokerServer, missing, startBroker } from "../support/servers.ts";
import { writeHour } from "../unit/report/hour-run.ts";

const WAIT = { timeout: 30_000, interval: 100 };
const HOUR = "20200101-000000-hour-aaaa";
const absent = missing("redis");

describe.skipIf(absent !== null)("results of a coordinator", () => {
  let broker: BrokerServer;
  let coordinator: Coordinator;
  let worker: ClusterWorker;
  const folder = scratch();

  beforeAll(async () => {
    broker = await startBroker("redis");
    const directory = join(folder.path, HOUR);
    await writeHour(directory, { workers: 1, replies: 4 });
    // Nobody wrote its results.
    writeFileSync(
      join(directory, "run.json"),
      JSON.stringify({ schema: 1, id: HOUR, name: "hour", state: "running", createdAt: "" }),
    );
    coordinator = await Coordinator.start({ bus: broker.url, data: folder.path });
    worker = startWorker(broker.url, "worker-a");
  }, 180_000);

  afterAll(async () => {
    await worker?.leave();
    await coordinator?.kill();
    await broker?.stop();
    folder[Symbol.dispose]();
  });

  it("of a long run are made beside it: it leads and answers meanwhile, and makes each once", async () => {
    let made = false;
    let looks = 0;
    const looking = (async () => {
      while (!made) {
        const { status, text } = await coordinator.get("/readyz");
        expect(status, text).toBe(200);
        looks++;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    })();
    const kinds = ["summary", "timeline", "failures", "events", "report.md", "report.html"];
    const ask = async (kind: string) => coordinator.get(`/runs/${HOUR}/${kind}`);
    const answers = await Promise.all([...kinds, ...kinds, ...kinds].map(ask));
    made = true;
    await looking;
    expect(looks).toBeGreaterThan(2);
    for (const [at, { status, text }] of answers.entries()) {
      expect(status, text.slice(0, 500)).toBe(200);
      expect(text === answers[at % kinds.length]?.text).toBe(true);
    }
    const [summary, timeline] = answers;
    const printed = await onrush(["report", join(folder.path, HOUR), "--json"]);
    if (summary === undefined) throw new Error("there are answers");
    const { incomplete, ...rest } = summary.body as Summary & { incomplete: boolean };
    expect(incomplete).toBe(false);
    expect(rest).toEqual(JSON.parse(printed.stdout));
    expect(timeline?.text.split("\n").length).toBeGreaterThan(3600);
    expect(coordinator.log).not.toContain("lead");
  });

  it("of a run that goes on are those of this moment; of one that is over its files", async () => {
    await using target = await startTarget();
    const scenario = echoScenario(target.url, { connections: 20, holdSeconds: 300 });
    const id = await coordinator.submit(scenario);
    type SoFar = Summary & { readonly incomplete: boolean };
    const soFar = async () => (await coordinator.get<SoFar>(`/runs/${id}/summary`)).body;
    await expect.poll(async () => (await soFar()).messages.sent, WAIT).toBeGreaterThan(20);
    const first = await soFar();
    expect(first).toMatchObject({ run: id, incomplete: true });
    await expect
      .poll(async () => (await soFar()).messages.sent, WAIT)
      .toBeGreaterThan(first.messages.sent);
    const rows = async () =>
      (await coordinator.get(`/runs/${id}/timeline`)).text.trim().split("\n").length;
    const before = await rows();
    await expect.poll(rows, WAIT).toBeGreaterThan(before);
    const plan = await coordinator.get<{ connections: number }>(`/runs/${id}/plan`);
    expect(plan.body.connections).toBe(20);
    expect((await coordinator.get(`/runs/${id}/report.html`)).text).toContain("<!doctype html>");
    expect((await coordinator.get(`/runs/${id}/report.json`)).status).toBe(404);
    const events = await coordinator.get<{ events: { type: string }[] }>(`/runs/${id}/events`);
    expect(events.body.events.map(({ type }) => type)).toContain("start");

    expect((await coordinator.post(`/runs/${id}/actions/stop`)).status).toBe(202);
    const written = await coordinator.result(id);
    const { incomplete, ...last } = await soFar();
    expect(incomplete).toBe(false);
    expect(last).toEqual(written);
    const at = (file: string) => readFileSync(join(folder.path, id, file), "utf8");
    for (const [path, file] of [
      ["report.html", "report.html"],
      ["timeline", "timeline.csv"],
      ["scenario", "scenario.yaml"],
    ] as const) {
      expect((await coordinator.get(`/runs/${id}/${path}`)).text === at(file), path).toBe(true);
    }
    const directory = join(folder.path, id);
    for (const format of ["md", "csv"]) {
      const { text } = await coordinator.get(`/runs/${id}/report.${format}`);
      const printed = await onrush(["report", directory, "--format", format]);
      expect(text, format).toBe(printed.stdout);
    }
  });
});
