import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runScenario, scratch, startTarget } from "../support/programs.ts";
import { compareWithRawLogs } from "../support/raw-union.ts";
import { type BrokerServer, brokersOf, missing, startBroker } from "../support/servers.ts";

/** Every value that two workers recorded, against what the run directory says of them, bucket for bucket. */

const ENTRY = fileURLToPath(new URL("../../dist/coordinator/cli/main.js", import.meta.url));
const WORKERS = 2;
const CONNECTIONS = 200;

function startWorker(bus: string, id: string, rawLog: string): ChildProcess {
  const args = ["worker", "--bus", bus, "--engines", "1", "--capacity", "2000", "--id", id];
  return spawn(process.execPath, [ENTRY, ...args, "--raw-log", rawLog], {
    stdio: ["ignore", "ignore", "inherit"],
  });
}

async function leave(worker: ChildProcess): Promise<number | null> {
  if (worker.exitCode !== null) return worker.exitCode;
  const ended = once(worker, "exit");
  worker.kill("SIGTERM");
  const [code] = (await ended) as [number | null];
  return code;
}

function scenario(url: string) {
  const echo = (name: string, size: number) => ({
    name,
    send: { binary: { size, fill: "random" } },
    reply: { match: "echo", within: "2s" },
  });
  return {
    target: url,
    seed: 11,
    connect: { heartbeat: { ping: "1s", timeout: "5s" } },
    load: [
      { phase: "up", ramp: "linear", to: CONNECTIONS, over: "2s" },
      { phase: "hold", hold: "4s" },
      { phase: "down", ramp: "linear", to: 0, over: "1s" },
    ],
    messages: {
      rate: "4/s",
      arrival: "poisson",
      mix: [echo("small", 64), { ...echo("large", 2000), weight: 2 }],
    },
    integrity: { stamp: true },
    thresholds: { connect: ["failed == 0"], delivery: ["lost == 0"] },
  };
}

/** Over some decades, so that many buckets are in use. */
const DELAY = { lognormal: { medianMs: 15, sigma: 1, maxMs: 900 } };

describe.each(brokersOf("nats"))("raw logs of a cluster on %s", (kind) => {
  let broker: BrokerServer;
  const absent = missing(kind);
  beforeAll(async () => {
    if (absent === null) broker = await startBroker(kind);
  });
  afterAll(() => broker?.stop());

  it.skipIf(absent !== null)(
    "hold exactly the values of the merged histograms, and the target's counts",
    async () => {
      using folder = scratch();
      const raw = join(folder.path, "raw");
      const ids = Array.from({ length: WORKERS }, (_, at) => `worker-${at}`);
      const workers = ids.map((id) => startWorker(broker.url, id, raw));
      try {
        await using target = await startTarget({ reply: { delay: DELAY } });
        const { exitCode, summary, stderr, runDirectory } = await runScenario(
          scenario(target.url),
          folder.path,
          { args: ["--bus", broker.url, "--workers", String(WORKERS)] },
        );
        expect(exitCode, stderr).toBe(0);
        const union = await compareWithRawLogs(raw, runDirectory);
        expect(union).toMatchObject({ files: WORKERS, leftOut: 0, unfinished: [] });
        expect(union.differences).toEqual([]);
        const stats = await target.stats();
        expect(summary?.workers.map(({ id }) => id).sort()).toEqual(ids);
        expect(summary?.connections.established).toBe(CONNECTIONS);
        expect(stats.accepted).toBe(CONNECTIONS);
        expect(summary?.messages.sent).toBe(stats.messagesIn);
        expect(summary?.messages.received).toBe(stats.messagesOut);
        expect(summary?.messages.bytesSent).toBe(stats.bytesIn);
        expect(summary?.messages.bytesReceived).toBe(stats.bytesOut);
        expect(valuesOf(raw, 0)).toBe(stats.messagesOut);
        await expectNoticed(raw, runDirectory);
      } finally {
        expect(await Promise.all(workers.map(leave))).toEqual(ids.map(() => 0));
      }
    },
  );
});

/** Values of one metric in all raw logs. */
function valuesOf(raw: string, metric: number): number {
  let values = 0;
  for (const name of readdirSync(raw)) {
    const bytes = readFileSync(join(raw, name));
    for (let at = 16; at < bytes.length; at += 16) if (bytes.readUInt16LE(at) === metric) values++;
  }
  return values;
}

/** A single value less, and a single value altered, are differences. */
async function expectNoticed(raw: string, runDirectory: string): Promise<void> {
  const path = join(raw, readdirSync(raw)[0] ?? "");
  const whole = readFileSync(path);
  writeFileSync(path, Buffer.concat([whole.subarray(0, 16), whole.subarray(32)]));
  expect((await compareWithRawLogs(raw, runDirectory)).differences).toHaveLength(2);
  const altered = Buffer.from(whole);
  altered.writeDoubleLE(altered.readDoubleLE(24) + 1_000_000, 24);
  writeFileSync(path, altered);
  expect((await compareWithRawLogs(raw, runDirectory)).differences).toHaveLength(4);
}

/** The system lets this process write so many blocks of 512 bytes to a file, no more. */
const FILE_BLOCKS = 200;
const ON_A_FULL_DISK = `
  const { RawLog } = await import(process.argv[1]);
  const onProblem = (problem) => console.log(problem);
  const log = new RawLog({ directory: process.argv[2], run: "r", epoch: 1, engine: 0, onProblem });
  const histogram = log.histogram(0, 0, 0);
  for (let value = 0; value < 50_000; value++) histogram.record(value);
  log.close();
  console.log(histogram.count);
`;

it("a raw log that the disk refuses says so once, and nothing else stops", async () => {
  using folder = scratch();
  const module = fileURLToPath(new URL("../../dist/worker/record/raw-log.js", import.meta.url));
  const { stdout, stderr } = spawnSync(
    "sh",
    [
      ...["-c", `ulimit -f ${FILE_BLOCKS}; exec "$@"`, "sh", process.execPath],
      ...["--input-type=module", "-e", ON_A_FULL_DISK, module, folder.path],
    ],
    { encoding: "utf8" },
  );
  const [problem, count, ...others] = stdout.trim().split("\n");
  expect(problem, stderr).toContain("values are left out");
  expect(count).toBe("50000");
  expect(others).toEqual([]);
  const [name = ""] = readdirSync(folder.path);
  const bytes = readFileSync(join(folder.path, name));
  expect(bytes.length).toBe(FILE_BLOCKS * 512);
  // Without its last record, so that nobody takes it for whole.
  expect(bytes.readUInt16LE(bytes.length - 16)).toBe(0);
});
